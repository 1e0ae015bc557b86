/** Where v1alpha1 and v1alpha2 of LlamaStackDistribution keep the same thing: the table the conversion is made of. */
import type { Move, Table } from "../moves.ts";
import { dotted, move } from "../moves.ts";

const container = ["env", "command", "args"].map((name) =>
  move(`spec.server.containerSpec.${name}`, `spec.workload.overrides.${name}`),
);
const pod = ["serviceAccountName", "terminationGracePeriodSeconds", "volumes", "volumeMounts"].map((name) =>
  move(`spec.server.podOverrides.${name}`, `spec.workload.overrides.${name}`),
);
const workload = [
  "workers",
  "autoscaling",
  "storage",
  "podDisruptionBudget",
  "topologySpreadConstraints",
].map((name) => move(`spec.server.${name}`, `spec.workload.${name}`));

/** Everything that is moved as it is. Replicas, container name and exposure have rules of their own in mapping.ts. */
const moves: readonly Move[] = [
  move("spec.server.distribution", "spec.distribution"),
  move("spec.server.containerSpec.port", "spec.networking.port"),
  move("spec.server.containerSpec.resources", "spec.workload.resources"),
  ...container,
  ...pod,
  ...workload,
  move("spec.server.userConfig.configMapName", "spec.overrideConfig.configMapName"),
  move("spec.server.tlsConfig.caBundle", "spec.networking.tls.caBundle"),
  move("spec.network.allowedFrom", "spec.networking.allowedFrom"),
  move("status"),
];

/** Objects that exist in both versions even when nothing is in them. */
const containers: readonly Move[] = [move("spec"), move("spec.server.userConfig", "spec.overrideConfig")];

/** The whole table. */
export const table: Table = { moves, containers };

/** Fields with a rule of their own. */
export const special = {
  replicasV1alpha1: dotted("spec.replicas"),
  replicas: dotted("spec.workload.replicas"),
  containerSpec: dotted("spec.server.containerSpec"),
  containerName: dotted("spec.server.containerSpec.name"),
  network: dotted("spec.network"),
  exposeRoute: dotted("spec.network.exposeRoute"),
  expose: dotted("spec.networking.expose"),
  exposeEnabled: dotted("spec.networking.expose.enabled"),
} as const;

/** Objects that only hold fields together: that v1alpha1 names none of their fields says nothing about the others. */
export const places = {
  v1alpha1: ["spec.server.containerSpec", "spec.server.podOverrides", "spec.network"].map(dotted),
  v1alpha2: ["spec.networking", "spec.networking.tls", "spec.workload", "spec.workload.overrides"].map(
    dotted,
  ),
} as const;
