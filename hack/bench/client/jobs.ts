/** What the client process is told and what it answers; both travel between two processes. */

/** How to reach a server. */
export interface Target {
  readonly origin: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  /** Where replicas of it are; connections are spread evenly. */
  readonly replicas?: readonly string[];
}

/**
 * Requests, each as soon as a connection is free. In `path` and `body`, `{i}` stands for the number of the object and
 * `{n}` for that number modulo `namespaces`, `{g}` for one of as many groups within a namespace, `{serial}` for a number
 * that never comes again.
 */
export interface RequestJob {
  readonly kind: "requests";
  readonly target: Target;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The first number for `{i}`, and after how many it starts over. */
  readonly from?: number;
  readonly modulo?: number;
  readonly requests: number;
  readonly connections: number;
  /** No request begins later than this after the first; absent: all are made. */
  readonly seconds?: number;
  /**
   * Each connection reads one object of its own first and sends back what it was answered, with the text that matches
   * replaced by the serial number: an update as a client does it, which must name the version it read.
   */
  readonly sendBack?: string;
  /** Whether the last body is part of the result. */
  readonly keepsBody?: boolean;
}

/** What the client itself needs while it measures. */
export interface ClientShare {
  /** Of one processor; from about 1 on, the client is what sets the pace. */
  readonly client: number;
}

export interface RequestResult extends ClientShare {
  readonly done: number;
  readonly perSecond: number;
  /** Of all bodies. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly body?: string;
}

/** Opens watches, each on a connection of its own, and keeps them for the jobs that follow. */
export interface WatchJob {
  readonly kind: "watch";
  readonly target: Target;
  /** Of a collection; the watches begin with what comes next. */
  readonly path: string;
  readonly accept: string;
  readonly watchers: number;
}

/** Makes the writes and waits until every watcher has an event of each, or time is up. */
export interface WatchPhaseJob {
  readonly kind: "watchPhase";
  /** The writes whose events are counted; each must make one event and carry `{serial}` into it as `"serial-{serial}"`. */
  readonly writes: Omit<RequestJob, "kind" | "target" | "keepsBody">;
  /** Absent: as fast as the connections allow. */
  readonly perSecond?: number;
  /** How long events are waited for after the last write. */
  readonly seconds: number;
}

/** Closes the watches. */
export interface UnwatchJob {
  readonly kind: "unwatch";
}

export interface WatchPhaseResult extends ClientShare {
  /** Whether every watcher has all of them. */
  readonly isOver: boolean;
  /** Watches that the server has ended. */
  readonly ended: number;
  /** Those that were delivered. */
  readonly events: number;
  /** From the first write to the last delivery, or to the end of the time. */
  readonly eventsPerSecond: number;
  /** From sending the write to having its event, over all that were delivered; milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly bytes: number;
}

export interface WatchersResult {
  readonly watchers: number;
}

/** Watchers that hear nothing, for so long after the last of them was opened. */
export interface IdleJob {
  readonly kind: "idle";
  readonly target: Target;
  readonly path: string;
  readonly watchers: number;
  readonly seconds: number;
}

/** Informers that start at once: watches that ask for the present state, until each has its closing bookmark. */
export interface InformersJob {
  readonly kind: "informers";
  readonly target: Target;
  readonly path: string;
  readonly informers: number;
  /** They end then, whether they have everything or not. */
  readonly seconds: number;
}

export interface InformersResult extends ClientShare {
  readonly seconds: number;
  /** Whether each had everything. */
  readonly isOver: boolean;
  readonly bytes: number;
}

/** How long it takes until what is asked for is there, seen through a watch. */
export interface ConvergenceJob {
  readonly kind: "convergence";
  /** Where requests go, and where the outcome is watched. */
  readonly target: Target;
  readonly watched: Target;
  readonly requests: Omit<RequestJob, "kind" | "target" | "keepsBody">;
  /** Of a collection, watched from now on. */
  readonly watchPath: string;
  /** The object of a request is `{name}{i}`; its outcome is an event for a resource of that name. */
  readonly name: string;
  /** Only events count whose text holds this. */
  readonly marker?: string;
  /** One after the other, each when the one before has its outcome; or all as they can be sent. */
  readonly oneByOne: boolean;
}

export interface ConvergenceResult extends ClientShare {
  readonly done: number;
  /** From the answer to a request to its outcome; milliseconds. */
  readonly median: number;
  readonly p99: number;
  /** From the last answer to the last outcome. */
  readonly afterLast: number;
  /** From the first request to the last outcome. */
  readonly all: number;
}

interface Results {
  requests: RequestResult;
  watch: WatchersResult;
  watchPhase: WatchPhaseResult;
  unwatch: WatchersResult;
  idle: WatchersResult;
  informers: InformersResult;
  convergence: ConvergenceResult;
}

export type Job =
  RequestJob | WatchJob | WatchPhaseJob | UnwatchJob | IdleJob | InformersJob | ConvergenceJob;

export type ResultOf<J extends Job> = Results[J["kind"]];

/** Objects are spread over so many namespaces, and within each over so many groups by label. */
export const namespaces = 20;
export const groups = 20;
