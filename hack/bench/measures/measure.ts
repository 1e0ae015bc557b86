import type { Bench } from "../bench.ts";

/** A part of the run by itself, which adds its rows to it. */
export interface Measure {
  readonly name: string;
  /** With so many objects in the servers, for what depends on their number; the rest is asked at one size only. */
  run(bench: Bench, at: AtSize): Promise<void>;
}

export interface AtSize {
  readonly size: number;
  /** The smallest size, for what has nothing to do with how many others there are. */
  readonly isFirst: boolean;
  /** The size of a large but usual installation. */
  readonly isMain: boolean;
}
