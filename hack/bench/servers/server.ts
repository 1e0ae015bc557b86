/** A server under measurement: where it answers, where it keeps our kind, what its processes use. */
import type { Target } from "../client/jobs.ts";
import type { Range } from "../copies.ts";
import type { LoopDelays } from "./loop-delay.ts";
import type { Usage } from "./usage.ts";

/** In the order of the report. */
export const serverNames = ["standalone", "aggregated", "native", "bare"] as const;
export type ServerName = (typeof serverNames)[number];

export interface Server {
  readonly name: ServerName;
  readonly target: Target;
  /** The API group in which it serves the kind. */
  readonly group: string;
  /** Of all its processes: what kube-apiserver serves costs etcd, too. */
  usage(): Usage;
  /** Puts copies of the first object where the server keeps its objects. Resolves when they are there, not when it knows of them. */
  copy?(range: Range): Promise<void>;
  /** From now on it answers, and leaves to others what has to be done; only of ours in a cluster. Copies may be put meanwhile. */
  serveOnly?(meanwhile: () => Promise<void>): Promise<void>;
  /** How late timers were in its event loop, since its start; only of our own. */
  loopDelays?(): Promise<LoopDelays>;
  /** The numbers on its metrics page; only of our own. */
  metrics?(): Promise<ReadonlyMap<string, number>>;
  /** What it has printed; only of our own. */
  output?(): string;
  stop(): Promise<void>;
}

/** The path of the kind's collection, in one namespace or over all. */
export function collectionOf(server: Server, namespace?: string): string {
  const within = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `/apis/${server.group}/v1alpha2${within}/modeldeployments`;
}
