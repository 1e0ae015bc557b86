/** The controllers of a standalone server that stand in for a kube-controller-manager, and the simulator. */
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { Controller } from "../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startGarbageCollector } from "../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startFinishedJobs } from "../../cluster/standalone/finished-jobs.ts";
import { startNamespaceController } from "../../cluster/standalone/namespace-controller.ts";
import { startSimulator } from "../../cluster/standalone/simulator/simulator.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import { simulatedKinds } from "./simulated-kinds.ts";

export interface ControllersOptions {
  readonly client: Client;
  readonly definitions: readonly ResourceDefinition[];
  readonly simulator: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Starts them. */
export function startControllers(options: ControllersOptions): Controller {
  const { client, clock, random, logger } = options;
  const stored = options.definitions.filter((definition) => definition.review !== true).map(refOf);
  const common = (
    controller: string,
  ): Pick<Parameters<typeof startGarbageCollector>[0], "client" | "clock" | "random" | "onError"> => ({
    client,
    clock,
    random,
    onError: (what, err) => {
      logger.warn({ controller, what, err }, "a controller will try again");
    },
  });
  const controllers: Controller[] = [
    startGarbageCollector({ ...common("garbage-collector"), resources: stored }),
    startNamespaceController({
      ...common("namespace"),
      resources: stored.filter((resource) => resource.namespaced),
    }),
    startFinishedJobs(common("ttl-after-finished")),
  ];
  if (options.simulator) {
    logger.warn(
      {},
      "simulator: the status of claims, Jobs, Deployments, Workspaces, graphs and RayServices is made up; nothing runs",
    );
    const kinds = simulatedKinds(options.definitions);
    controllers.push(startSimulator({ ...common("simulator"), kinds }));
  }
  return {
    synced: Promise.all(controllers.map(({ synced }) => synced)).then(() => undefined),
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()));
    },
  };
}

function refOf(definition: ResourceDefinition): ResourceRef {
  const storage = definition.versions.find((version) => version.storage) ?? definition.versions[0];
  return {
    group: definition.group,
    version: storage?.name ?? "",
    resource: definition.plural,
    kind: definition.kind,
    namespaced: definition.namespaced,
  };
}
