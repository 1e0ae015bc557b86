/** What the load generator is told and what it answers; both travel as JSON between two processes. */
export interface Target {
  readonly origin: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Job {
  readonly target: Target;
  readonly method: "GET" | "POST" | "PATCH";
  /** `{i}` is replaced by the number of the request. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `{i}` likewise. */
  readonly body?: string;
  /** The first number for `{i}`, and where it wraps around. */
  readonly from?: number;
  readonly modulo?: number;
  readonly requests: number;
  readonly connections: number;
}

export interface JobResult {
  readonly seconds: number;
  readonly perSecond: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly failures: number;
  /** The first failure's status and body, to say what went wrong. */
  readonly firstFailure?: string;
}
