import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusals } from "../../support/kubectl-cases/refusals.ts";
import { standaloneTarget } from "../../support/kubectl-cases/standalone-target.ts";
import { aDeployment } from "../../support/objects.ts";
import { kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let run: ReturnType<typeof succeeding>;

beforeAll(async () => {
  server = await startStandalone();
  run = succeeding(kubectlFor(server.kubeconfig));
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

describe("the answer to kubectl apply names the field that is wrong", () => {
  refusals(() => standaloneTarget(server));
});

describe("a user bound to a Role works in his namespace and nowhere else", () => {
  test("allowed in team-a, forbidden in team-b", async () => {
    await run("create namespace team-a");
    await run("create namespace team-b");
    await run("create role dev -n team-a --verb=* --resource=modeldeployments.hawsepipe.dev");
    await run("create rolebinding dev -n team-a --role=dev --user=alice");
    const config = path.join(server.dataDir, "alice.kubeconfig");
    const { execFileSync } = await import("node:child_process");
    const written = execFileSync(
      process.execPath,
      ["cli/main.ts", "kubeconfig", "--data-dir", server.dataDir, "--user", "alice", "--group", "devs"],
      { encoding: "utf8" },
    );
    writeFileSync(config, written);
    const alice = kubectlFor(config);
    expect((await alice("create -f -", aDeployment("mine", {}, "team-a"))).stdout).toContain("created");
    expect((await alice("auth can-i create mdep -n team-b")).stdout.trim()).toBe("no");
    const refused = await alice("get mdep -n team-b");
    expect(refused.stderr).toContain(
      'modeldeployments.hawsepipe.dev is forbidden: User "alice" cannot list resource "modeldeployments" in API group "hawsepipe.dev" in the namespace "team-b"',
    );
  });
});
