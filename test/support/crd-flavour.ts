/**
 * The CRD flavour in a real control plane: our kinds as CRDs, the webhooks of a server without the API reached by
 * URL on the loopback address, everything else as manifests/crd has it, our own account with no more than its rights.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { kubeconfig } from "../../cli/kubeconfig.ts";
import { freePorts } from "../../hack/controlplane/ports.ts";
import type { ControlPlane, ControlPlaneOptions } from "../../hack/controlplane/start.ts";
import { startControlPlane } from "../../hack/controlplane/start.ts";
import { realClock } from "../../machinery/clock.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { Pki } from "../../server/authn/pki.ts";
import type { Kubectl } from "./kubectl.ts";
import { established, kubectlFor, succeeding } from "./kubectl.ts";
import { readyProviders } from "./providers.ts";
import { repository } from "./standalone.ts";

export interface CrdFlavour {
  readonly plane: ControlPlane;
  /** Where the webhooks answer. */
  readonly origin: string;
  /** kubectl as a cluster administrator. */
  readonly admin: Kubectl;
  /** kubectl as a user with the groups given. */
  as(user: string, groups?: readonly string[]): Promise<Kubectl>;
  /** What the webhooks' process has printed and logged. */
  log(): string;
  /** Ends the webhooks' process. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it and starts it again; with a certificate of its own making when the test's files are not wanted. */
  restart(options?: { readonly ownCertificate?: boolean }): Promise<void>;
  /** Starts another process on a port of its own, with a certificate of its own making unless flags name one. */
  startReplica(flags?: readonly string[]): Promise<WebhookReplica>;
  stop(): Promise<void>;
}

export interface WebhookReplica {
  readonly port: number;
  log(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Every document kustomize makes of a folder. */
async function built(admin: Kubectl, folder: string): Promise<JsonObject[]> {
  const text = await succeeding(admin)(["kustomize", path.join(repository, folder)]);
  return text
    .split(/^---$/m)
    .map((part) => decodeYaml(part).value)
    .filter(isObject);
}

/** The object with webhooks reached by URL instead of through a Service. */
function byUrl(value: JsonValue, origin: string, caBundle: string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => byUrl(item, origin, caBundle));
  if (!isObject(value)) return value;
  const service = getPath(value, "clientConfig", "service");
  if (isObject(service)) {
    const at = service["path"];
    const url = `${origin}${typeof at === "string" ? at : "/"}`;
    return { ...value, clientConfig: { url, caBundle } };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, byUrl(item, origin, caBundle)]));
}

export interface CrdFlavourOptions extends ControlPlaneOptions {
  /** Whether the process also reconciles, and with that creates the built-in providers. It does unless told otherwise. */
  readonly reconciles?: boolean;
}

/** Resolves when the webhooks answer and the built-in providers, where somebody looks after them, are ready. */
export async function startCrdFlavour(options: CrdFlavourOptions = {}): Promise<CrdFlavour> {
  const { reconciles = true } = options;
  const roles = reconciles ? "webhook,reconciler" : "webhook";
  const plane = await startControlPlane({ controllerManager: true, ...options });
  let server: WebhookReplica | undefined;
  const more: WebhookReplica[] = [];
  const stop = async (): Promise<void> => {
    await server?.stop();
    await Promise.all(more.map((replica) => replica.stop()));
    await plane.stop();
  };
  try {
    const [webhookPort = 0] = await freePorts(1);
    const admin = kubectlFor(plane.kubeconfig);
    const pki = await Pki.open({
      directory: path.join(plane.directory, "webhooks"),
      clock: realClock(),
      servingNames: ["127.0.0.1"],
    });
    await pki.serving();
    const origin = `https://127.0.0.1:${String(webhookPort)}`;
    const caBundle = Buffer.from(pki.ca.cert).toString("base64");
    const folder = path.join(plane.directory, "webhooks");
    const files = [
      `--tls-cert-file=${path.join(folder, "serving.crt")}`,
      `--tls-private-key-file=${path.join(folder, "serving.key")}`,
      `--tls-ca-file=${path.join(folder, "ca.crt")}`,
    ];
    const start = (certificates: readonly string[]): Promise<WebhookReplica> =>
      startWebhookServer(plane, webhookPort, [`--roles=${roles}`, ...certificates]);

    const run = succeeding(admin);
    const objects = (await built(admin, "manifests/crd")).map((object) =>
      byUrl(object, origin, caBundle),
    ) as JsonObject[];
    await run(["apply", "-f", path.join(repository, "cluster/standalone/crds")]);
    for (const first of ["Namespace", "CustomResourceDefinition", ""]) {
      const items = objects.filter(({ kind }) => first === "" || kind === first);
      const list = { apiVersion: "v1", kind: "List", items };
      await run(["apply", "--server-side", "--validate=strict", "-f", "-"], list);
    }
    await established(run);
    server = await start(files);
    if (reconciles) await readyProviders(run);
    return {
      plane,
      origin,
      admin,
      async as(user, groups = []) {
        const credentials = await plane.certificates.issue(user, groups);
        const file = path.join(plane.directory, `${encodeURIComponent(user)}.kubeconfig`);
        const init = { server: plane.url, ca: plane.certificates.ca, user, credentials };
        writeFileSync(file, kubeconfig(init), { mode: 0o600 });
        return kubectlFor(file);
      },
      log: () => server?.log() ?? "",
      halt: async (signal) => {
        await server?.stop(signal);
      },
      async restart({ ownCertificate = false } = {}) {
        await server?.stop();
        server = await start(ownCertificate ? [] : files);
      },
      async startReplica(flags = []) {
        const [port = 0] = await freePorts(1);
        const replica = await startWebhookServer(plane, port, [`--roles=${roles}`, ...flags]);
        more.push(replica);
        return replica;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs the command as the account of the manifests. */
async function startWebhookServer(
  plane: ControlPlane,
  port: number,
  flags: readonly string[],
): Promise<WebhookReplica> {
  const account = "system:serviceaccount:hawsepipe-system:hawsepipe";
  const groups = ["system:serviceaccounts", "system:serviceaccounts:hawsepipe-system"];
  const credentials = await plane.certificates.issue(account, groups);
  const folder = path.join(plane.directory, "webhooks");
  const file = path.join(folder, "kubeconfig");
  const init = { server: plane.url, ca: plane.certificates.ca, user: account, credentials };
  writeFileSync(file, kubeconfig(init), { mode: 0o600 });
  const logFile = path.join(folder, `webhooks-${String(port)}.log`);
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "cli/main.ts",
      "serve",
      `--kubeconfig=${file}`,
      "--namespace=hawsepipe-system",
      "--bind-address=127.0.0.1",
      `--secure-port=${String(port)}`,
      `--log-file=${logFile}`,
      ...flags,
    ],
    { cwd: repository, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolve();
    });
  });
  const log = (): string => {
    try {
      return output + readFileSync(logFile, "utf8");
    } catch {
      return output;
    }
  };
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes("hawsepipe is ready at")) resolve();
    };
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    void exited.then(() => {
      reject(new Error(`the webhooks ended before they answered:\n${log()}`));
    });
  });
  return {
    port,
    log,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}
