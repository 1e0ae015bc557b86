/** Hawsepipe in a real cluster, in each way our kinds can be served there, with the guard on. */
import path from "node:path";
import type { ControlPlane, ControlPlaneOptions } from "../../hack/controlplane/start.ts";
import type { Replica } from "./cluster.ts";
import { available, startCluster } from "./cluster.ts";
import { startCrdFlavour } from "./crd-flavour.ts";
import type { Kubectl } from "./kubectl.ts";
import { eventually, kubectlFor, succeeding } from "./kubectl.ts";
import { readyProviders } from "./providers.ts";
import { repository } from "./standalone.ts";

export interface Installed {
  readonly plane: ControlPlane;
  /** As a cluster administrator. */
  readonly admin: Kubectl;
  /** As a user with the groups given. */
  as(user: string, groups?: readonly string[]): Promise<Kubectl>;
  /** Where the server itself answers. */
  readonly origin: string;
  /** What the server's process has printed and logged since it was started. */
  log(): string;
  /** Ends the server's process. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again; resolves when everything answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Flavour {
  readonly flavour: string;
  readonly isAggregated: boolean;
  /** Resolves when everything answers: the server, the guard, the built-in providers that need no operator or whose kind is there. */
  readonly start: (options: ControlPlaneOptions) => Promise<Installed>;
}

export const flavours: readonly Flavour[] = [
  { flavour: "an APIService", isAggregated: true, start: startAggregated },
  {
    flavour: "CRDs",
    isAggregated: false,
    start: async (options) => {
      const crds = await startCrdFlavour(options);
      return {
        plane: crds.plane,
        admin: crds.admin,
        as: (user, groups) => crds.as(user, groups),
        origin: crds.origin,
        log: () => crds.log(),
        halt: (signal) => crds.halt(signal),
        restart: () => crds.restart(),
        stop: () => crds.stop(),
      };
    },
  },
];

async function startAggregated(options: ControlPlaneOptions): Promise<Installed> {
  const cluster = await startCluster({ controllerManager: true, ...options, guard: true });
  let replica: Replica;
  try {
    const admin = succeeding(cluster.admin);
    await admin(["apply", "-f", path.join(repository, "cluster/standalone/crds")]);
    replica = await cluster.startReplica();
    await available(cluster);
    await readyProviders(admin);
    await eventually("the leader's CA in the guard", async () => {
      const bundles = await admin(
        "get validatingwebhookconfiguration hawsepipe-guard -o jsonpath={.webhooks[*].clientConfig.caBundle}",
      );
      return bundles.split(" ").length === 3 ? true : undefined;
    });
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return {
    plane: cluster.controlPlane,
    admin: cluster.admin,
    origin: replica.url,
    log: () => replica.output(),
    async halt(signal) {
      await replica.stop(signal);
    },
    async restart() {
      replica = await cluster.startReplica();
      await available(cluster);
    },
    as: async (user, groups = []) => kubectlFor(await cluster.userKubeconfig(user, groups)),
    stop: () => cluster.close(),
  };
}
