/**
 * Schemathesis makes requests from the OpenAPI documents the server itself publishes. FUZZ says how many for each
 * operation; the same seed makes the same requests.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unlessRequired } from "../../support/control-plane.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import { runToEnd } from "../clients/program.ts";
import { crds, group, jsonRequest } from "../twins/pair.ts";
import { readCredentials, Wire } from "../twins/wire.ts";
import { hooks, schemathesis } from "./schemathesis.ts";

const prepared = await schemathesis().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);

/** What is told where there is no Python, or no way to install packages for it. Anything else is a failure. */
const absent = /python3? -m (venv|pip install)|python3 ENOENT/;
const why = prepared instanceof Error ? prepared.message : undefined;
if (prepared instanceof Error && !absent.test(prepared.message)) throw prepared;
if (why !== undefined) console.warn(`skipped: ${unlessRequired(why) ?? why}`);

const asked = process.env["FUZZ"];
const examples = asked ?? "4";
/** The kinds every cluster has are many, and left to those who ask for more. */
const documents = [
  `apis/${group}/v1`,
  "apis/hawsepipe.dev/v1alpha2",
  ...(asked === undefined ? [] : ["api/v1"]),
];
const seed = process.env["SEED"] ?? "20261121";

describe.skipIf(why !== undefined)("requests made from", () => {
  let server: StandaloneServer;

  beforeAll(async () => {
    server = await startStandalone({ flags: ["--crds", crds, "--log-level", "warn", "--no-controllers"] });
    const credentials = readCredentials(server.kubeconfig);
    for (const name of ["ca", "cert", "key"] as const) {
      writeFileSync(path.join(server.dataDir, `client.${name}`), credentials[name], { mode: 0o600 });
    }
    const wire = new Wire(credentials);
    const victim = {
      apiVersion: `${group}/v1`,
      kind: "Twin",
      metadata: { name: "victim" },
      spec: { color: "red" },
    };
    const made = await wire.send(jsonRequest("POST", `/apis/${group}/v1/namespaces/default/twins`, victim));
    wire.close();
    expect(made.status, made.body).toBe(201);
  });
  afterAll(async () => {
    await server.stop();
    removeDirectory(server.dataDir);
  });

  test.each(documents)(
    "the document of %s are answered, and with a Status where they fail",
    async (document) => {
      if (prepared instanceof Error) throw prepared;
      const file = (name: string): string => path.join(server.dataDir, `client.${name}`);
      const output = await runToEnd({
        file: prepared.file,
        args: [
          ...["run", `${server.url}/openapi/v3/${document}`, "--url", server.url, "--no-color"],
          ...["--request-cert", file("cert"), "--request-cert-key", file("key"), "--tls-verify", file("ca")],
          ...["--checks", "always_a_status", "--phases", "fuzzing", "--max-examples", examples],
          ...["--seed", seed, "--generation-database", "none", "--request-timeout", "30"],
        ],
        cwd: server.dataDir,
        env: { SCHEMATHESIS_HOOKS: "hooks", PYTHONPATH: hooks, PYTHONDONTWRITEBYTECODE: "1" },
      });
      expect(output).toMatch(/Test cases:\s+(\d+) generated, \1 passed/);
      expect(server.process.exitCode).toBeNull();
    },
    600_000,
  );
});
