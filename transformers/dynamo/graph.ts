import type { JsonObject } from "../../machinery/json/value.ts";
import type { Structural } from "../../machinery/schema/structural.ts";

/** The names of components, which are those users of Dynamo know; overrides address them by these. */
export const componentNames = {
  frontend: "Frontend",
  picker: "Epp",
  worker: "VllmWorker",
  prefill: "VllmPrefillWorker",
  decode: "VllmDecodeWorker",
} as const;

/** What a component does in the graph. */
export type Role = "frontend" | "epp" | "worker" | "prefill" | "decode";

/** A component of a graph, whatever the version of the resource it is written in. */
export interface Component {
  readonly name: string;
  readonly role: Role;
  readonly replicas: number;
  /** Nodes a replica spans; 1 when absent. */
  readonly nodes?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A whole pod spec; the container that does the work is called `main`. */
  readonly pod: JsonObject;
  /** The frontend beside the engine of a worker that is reached through an endpoint picker. */
  readonly sidecar?: JsonObject;
  /** The configuration of an endpoint picker. */
  readonly pickerConfig?: JsonObject;
}

/** A graph, whatever the version it is written in. */
export interface Graph {
  readonly framework: string;
  readonly components: readonly Component[];
}

/** How both versions say that a replica spans several nodes. */
export const multinode = ({ nodes = 1 }: Component): JsonObject =>
  nodes > 1 ? { multinode: { nodeCount: nodes } } : {};

/** How one version of the resource is written. */
export interface GraphVersion {
  /** The label of pods that tells prefill from decode. */
  readonly roleLabel: string;
  /** Which lists of overrides are merged by which key. */
  readonly overrideMerge: Structural;
  /** `spec` of the graph. */
  readonly specOf: (graph: Graph) => JsonObject;
}

/** How Dynamo calls the container of a component that is not a sidecar. */
export const mainContainer = "main";

/** How Dynamo calls the frontend it puts beside an engine. */
export const sidecarContainer = "sidecar-frontend";

/** The version of Dynamo the default images are of. */
export const dynamoVersion = "1.1.1";

/** The default image of a part of Dynamo. */
export const dynamoImage = (name: string): string => `nvcr.io/nvidia/ai-dynamo/${name}:${dynamoVersion}`;

/** The name of the provider, and of its folder. */
export const dynamoName = "dynamo";

/** The port of the Service Dynamo puts in front of a Frontend. */
export const frontendPort = 8000;
