/**
 * A real Kubernetes control plane of ordinary processes, without containers: etcd and kube-apiserver, and as wanted the
 * controller manager, the scheduler and kwok with simulated GPU nodes. Everything listens on the loopback address, lives
 * in one directory, and ends with `stop`, which touches only the processes that were started here.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { kubeconfig } from "../../cli/kubeconfig.ts";
import type { KeyPair } from "../../server/authn/pki.ts";
import { ApiClient } from "./api-client.ts";
import type { Addresses } from "./arguments.ts";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  kwokArguments,
  schedulerArguments,
} from "./arguments.ts";
import type { Certificates } from "./certificates.ts";
import { createCertificates } from "./certificates.ts";
import { gpuNode } from "./nodes.ts";
import { freePorts } from "./ports.ts";
import { Program } from "./process.ts";
import type { ProgramName } from "./programs.ts";
import { kwokStages, programFolders, requireProgram } from "./programs.ts";

export interface ControlPlaneOptions {
  /** Where it keeps everything; by default a new directory that `stop` removes. */
  readonly directory?: string;
  readonly controllerManager?: boolean;
  /** The scheduler. */
  readonly scheduler?: boolean;
  /** Simulated nodes with eight graphics cards each; more than none starts kwok. */
  readonly gpuNodes?: number;
  /** Further flags of kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
  /** Further flags of the controller manager. */
  readonly controllerManagerFlags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly readyWithinMilliseconds?: number;
}

export interface ControlPlane {
  readonly url: string;
  /** Where etcd answers, without TLS. */
  readonly etcdUrl: string;
  readonly directory: string;
  /** A kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  readonly certificates: Certificates;
  readonly admin: KeyPair;
  readonly programs: readonly Program[];
  stop(): Promise<void>;
}

/** Resolves when the API answers that it is ready, with its namespaces, and the simulated nodes exist. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), "controlplane-"));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const starting = new Starting(directory, options);
  try {
    return await starting.run();
  } catch (error) {
    await starting.stop();
    throw error;
  }
}

class Starting {
  readonly #directory: string;
  readonly #options: ControlPlaneOptions;
  readonly #folders: readonly string[];
  readonly #programs: Program[] = [];
  readonly #deadline: number;

  constructor(directory: string, options: ControlPlaneOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#folders = programFolders(options.env ?? process.env);
    this.#deadline = Date.now() + (options.readyWithinMilliseconds ?? 150_000);
  }

  async run(): Promise<ControlPlane> {
    const [etcdClient = 0, etcdPeer = 0, apiServer = 0, managerPort = 0, schedulerPort = 0] =
      await freePorts(5);
    const ports: Addresses = { etcdClient, etcdPeer, apiServer };
    this.#start("etcd", etcdArguments(this.#directory, ports));
    const certificates = await createCertificates(path.join(this.#directory, "pki"));
    const flags = [...apiServerArguments(certificates, ports), ...(this.#options.apiServerFlags ?? [])];
    this.#start("kube-apiserver", flags);

    const url = `https://127.0.0.1:${String(apiServer)}`;
    const admin = await certificates.issue("admin", ["system:masters"]);
    const file = path.join(this.#directory, "kubeconfig");
    const init = { server: url, ca: certificates.ca, user: "admin", credentials: admin };
    writeFileSync(file, kubeconfig(init), { mode: 0o600 });

    const client = new ApiClient(url, certificates.ca, admin);
    try {
      // It may be ready before its own controller has made the namespaces, of which this is the last.
      for (const path of ["/readyz", "/api/v1/namespaces/default"]) {
        await this.#until(path, async () => (await client.send("GET", path)).status === 200);
      }
      await this.#startControllers(file, certificates, { managerPort, schedulerPort });
      await this.#simulateNodes(client, file);
    } finally {
      client.close();
    }
    return {
      url,
      etcdUrl: `http://127.0.0.1:${String(etcdClient)}`,
      directory: this.#directory,
      kubeconfig: file,
      certificates,
      admin,
      programs: this.#programs,
      stop: () => this.stop(),
    };
  }

  async #startControllers(
    file: string,
    certificates: Certificates,
    ports: { readonly managerPort: number; readonly schedulerPort: number },
  ): Promise<void> {
    if (this.#options.controllerManager === true) {
      const flags = controllerManagerArguments(file, ports.managerPort, certificates);
      const more = this.#options.controllerManagerFlags ?? [];
      this.#start("kube-controller-manager", [...flags, ...more]);
    }
    if (this.#options.scheduler === true) {
      this.#start("kube-scheduler", schedulerArguments(file, ports.schedulerPort));
    }
  }

  async #simulateNodes(client: ApiClient, file: string): Promise<void> {
    const count = this.#options.gpuNodes ?? 0;
    if (count === 0) return;
    const folder = kwokStages(this.#folders);
    const stages = readdirSync(folder).map((name) => path.join(folder, name));
    this.#start("kwok", kwokArguments(file, stages));
    for (let i = 0; i < count; i++) await client.ensure("/api/v1/nodes", gpuNode(`gpu-${String(i)}`, 8));
  }

  #start(name: ProgramName, args: readonly string[]): void {
    const file = requireProgram(name, this.#folders);
    this.#programs.push(Program.start(name, file, args, path.join(this.#directory, `${name}.log`)));
  }

  /** Repeats a check until it holds; a program that ended, or time that is up, is an error with what was logged last. */
  async #until(what: string, check: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const gone = this.#programs.find((program) => !program.isRunning);
      if (gone !== undefined) throw new Error(`${gone.name}: ${await gone.ended}\n${gone.tail()}`);
      // Nobody listens yet.
      if (await check().catch(() => false)) return;
      if (Date.now() > this.#deadline) {
        const last = this.#programs.at(-1);
        throw new Error(`${what} did not answer in time\n${last?.tail() ?? ""}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** In reverse order, so that nothing logs that what it depends on has gone. */
  async stop(): Promise<void> {
    for (const program of this.#programs.toReversed()) await program.stop();
    if (this.#options.directory === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }
}
