/**
 * A real control plane with Hawsepipe installed by its own manifests, apart from where they need a container: the server
 * runs as a process of this machine, with the service account's rights and nothing more, and the Service leads to it.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { apiServicesCommand } from "../../cli/commands/apiservices.ts";
import { kubeconfig } from "../../cli/kubeconfig.ts";
import { recordingIo } from "../../cli/testing/io.ts";
import { freePorts } from "../../hack/controlplane/ports.ts";
import type { ControlPlane, ControlPlaneOptions } from "../../hack/controlplane/start.ts";
import { startControlPlane } from "../../hack/controlplane/start.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { established, eventually, kubectlFor, succeeding } from "./kubectl.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Invocation, ShippedProgram } from "./shipped-program.ts";
import { removeDirectory, repository, temporaryDirectory } from "./standalone.ts";

export const systemNamespace = "hawsepipe-system";

export interface Replica {
  readonly url: string;
  readonly pid: number | undefined;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ReplicaOptions {
  readonly port?: number;
  readonly flags?: readonly string[];
  /** What is shipped, instead of the sources. */
  readonly program?: ShippedProgram;
  /** Added to the environment of this process, for a server from the sources. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly controlPlane: ControlPlane;
  /** As a cluster administrator, through kube-apiserver. */
  readonly admin: Kubectl;
  readonly directory: string;
  /** The port the Service leads to. */
  readonly port: number;
  /** A kubeconfig of kube-apiserver for a user by client certificate. */
  userKubeconfig(name: string, groups: readonly string[]): Promise<string>;
  /** A token of the server's service account; of one bound to a Secret, only while that is there. */
  serverToken(boundTo?: string): Promise<string>;
  /** Starts a server, on the Service's port unless told otherwise. */
  startReplica(options?: ReplicaOptions): Promise<Replica>;
  close(): Promise<void>;
}

export interface ClusterOptions extends ControlPlaneOptions {
  /** Also the webhooks that guard what is rendered. */
  readonly guard?: boolean;
  /** A folder of CustomResourceDefinitions that are served beside our kinds. */
  readonly customKinds?: string;
}

/** Starts the control plane and installs everything but the server. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = temporaryDirectory();
  const controlPlane = await startControlPlane(options);
  const admin = kubectlFor(controlPlane.kubeconfig);
  const [port = 0] = await freePorts(1);
  const replicas = new Set<Replica>();
  const cluster: Cluster = {
    controlPlane,
    admin,
    directory,
    port,
    async userKubeconfig(name, groups) {
      const { url, certificates } = controlPlane;
      const credentials = await certificates.issue(name, groups);
      const file = path.join(directory, `${encodeURIComponent(name)}.kubeconfig`);
      writeFileSync(file, kubeconfig({ server: url, ca: certificates.ca, user: name, credentials }));
      return file;
    },
    async serverToken(boundTo) {
      const bound =
        boundTo === undefined ? [] : ["--bound-object-kind=Secret", `--bound-object-name=${boundTo}`];
      const create = ["create", "token", "hawsepipe", "-n", systemNamespace, "--duration=1h"];
      return (await succeeding(admin)([...create, ...bound])).trim();
    },
    async startReplica(replica = {}) {
      const file = await serviceAccountKubeconfig(cluster);
      const crds = options.customKinds === undefined ? [] : ["--crds", options.customKinds];
      const flags = [...crds, ...(replica.flags ?? [])];
      const args = ["serve", "--kubeconfig", file, "--secure-port", String(replica.port ?? port), ...flags];
      const started = await startServer(replica.program?.invocation(args) ?? sources(args, replica.env));
      replicas.add(started);
      return started;
    },
    async close() {
      await Promise.all([...replicas].map((replica) => replica.stop()));
      await controlPlane.stop();
      removeDirectory(directory);
    },
  };
  try {
    const folders = ["aggregated", ...(options.guard === true ? ["guard"] : [])];
    for (const folder of folders) {
      await install(
        cluster,
        await succeeding(admin)(["kustomize", path.join(repository, "manifests", folder)]),
      );
    }
    if (options.customKinds !== undefined) await install(cluster, await registration(options.customKinds));
    await established(succeeding(admin), "crd/records.storage.hawsepipe.dev");
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: object;
  readonly spec?: object;
  readonly webhooks?: readonly { readonly clientConfig: { readonly service: object } }[];
}

/** The manifests as they are, but for the Deployment, and with the Service leading to this machine. */
async function install({ admin, port }: Cluster, rendered: string): Promise<void> {
  const kubectl = succeeding(admin);
  const objects = rendered
    .split(/^---$/m)
    .map((text) => decodeYaml(text).value as unknown as Manifest)
    .filter(({ kind }) => kind !== "Deployment")
    .map((object) => {
      if (object.kind === "Service") {
        return { ...object, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } };
      }
      if (object.kind === "APIService") {
        const spec = object.spec as { service: object };
        return { ...object, spec: { ...spec, service: { ...spec.service, port } } };
      }
      if (object.webhooks !== undefined) {
        const webhooks = object.webhooks.map((webhook) => {
          const { service } = webhook.clientConfig;
          return { ...webhook, clientConfig: { service: { ...service, port } } };
        });
        return { ...object, webhooks };
      }
      return object;
    });
  await kubectl("apply --validate=strict -f -", { apiVersion: "v1", kind: "List", items: objects });
}

/** What a user of custom kinds would apply. */
async function registration(folder: string): Promise<string> {
  const io = recordingIo(repository);
  if ((await apiServicesCommand.run(["--crds", folder], io)) !== 0) throw new Error(io.stderr());
  return io.stdout();
}

/** What a pod would have: a token of the service account. */
async function serviceAccountKubeconfig(cluster: Cluster): Promise<string> {
  const { controlPlane, directory } = cluster;
  const token = await cluster.serverToken();
  const file = path.join(directory, "server.kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [
      {
        name: "c",
        cluster: {
          server: controlPlane.url,
          "certificate-authority-data": Buffer.from(controlPlane.certificates.ca).toString("base64"),
        },
      },
    ],
    users: [{ name: "c", user: { token } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "c", namespace: systemNamespace } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

const sources = (args: readonly string[], env: ReplicaOptions["env"] = {}): Invocation => ({
  file: process.execPath,
  args: ["cli/main.ts", ...args],
  options: { cwd: repository, env: { ...process.env, ...env } },
});

async function startServer({ file, args, options }: Invocation): Promise<Replica> {
  const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      const ready = /ready at (https:\/\/\S+)/.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    void exited.then((code) => {
      reject(new Error(`the server ended with ${String(code)} before it was ready:\n${output}`));
    });
  });
  return {
    url,
    pid: child.pid,
    output: () => output,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Resolves when the cluster says that all our APIServices are available. */
export async function available({ admin }: Cluster, seconds = 60): Promise<void> {
  await eventually(
    "APIServices available",
    async () => {
      const { stdout } = await admin([
        "get",
        "apiservices",
        "v1alpha1.hawsepipe.dev",
        "v1alpha2.hawsepipe.dev",
        "-o",
        "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Available')].status} {.status.conditions[?(@.type=='Available')].message};{end}",
      ]);
      if (stdout.split(";").filter((line) => line.startsWith("True")).length === 2) return true;
      throw new Error(stdout);
    },
    seconds,
  );
  // It is told version by version, and each has a kind that is told of it.
  await eventually(
    "both versions in the cluster's discovery",
    async () => {
      const { code, stdout, stderr } = await admin("api-resources --api-group=hawsepipe.dev --cached=false");
      const isTold = (version: string): boolean => stdout.includes(`hawsepipe.dev/${version} `);
      if (code === 0 && isTold("v1alpha1") && isTold("v1alpha2")) return true;
      throw new Error(stdout + stderr);
    },
    seconds,
  );
}

/** Resolves when clients are told of a resource, `plural.group`: a little later than it is available or established. */
export async function discovered(admin: Kubectl, name: string, seconds = 60): Promise<void> {
  const group = name.slice(name.indexOf(".") + 1);
  await eventually(
    `${name} in the cluster's discovery`,
    async () => {
      const { code, stdout, stderr } = await admin(
        `api-resources --api-group=${group} -o name --cached=false`,
      );
      if (code === 0 && stdout.split("\n").includes(name)) return true;
      throw new Error(stdout + stderr);
    },
    seconds,
  );
}

/** Resolves when our APIServices are available and the provider that most tests name takes deployments. */
export async function usable(cluster: Cluster): Promise<void> {
  await available(cluster);
  // The leader makes the providers while it tells the cluster which CA to trust.
  await eventually("the provider vllm to be ready", async () => {
    const { stdout } = await cluster.admin("get inferenceprovider vllm -o jsonpath={.status.ready}");
    return stdout === "true" ? true : undefined;
  });
}

/** Resolves when kube-apiserver itself grants a right: it reads roles and bindings a moment after they are written. */
export async function granted(admin: Kubectl, question: string | readonly string[]): Promise<void> {
  const words = typeof question === "string" ? question.split(" ") : question;
  await eventually(`the right to ${words.join(" ")}`, async () => {
    const { stdout } = await admin(["auth", "can-i", ...words]);
    return stdout.trim() === "yes" ? true : undefined;
  });
}
