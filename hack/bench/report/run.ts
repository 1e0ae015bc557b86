import type { BenchOptions } from "../options.ts";
import type { Row } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";

/** Where a run took place, and what of. */
export interface Machine {
  readonly processors: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly date: string;
}

/** What could not be measured. */
export interface Failure {
  readonly measure: string;
  readonly what?: string;
  readonly size?: number;
  /** Absent: all of them. */
  readonly server?: ServerName;
  readonly message: string;
}

/** Everything a run found, as it is written to a file. */
export interface Run {
  readonly machine: Machine;
  readonly options: Omit<BenchOptions, "json">;
  /** From the first server to the last row. */
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly failures: readonly Failure[];
}
