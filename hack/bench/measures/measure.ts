import type { Bench } from "../bench.ts";

/** A part of the run by itself, which adds its rows to it. */
export interface Measure {
  readonly name: string;
  /** With each number of objects: no other round begins when it has taken so long. */
  readonly seconds: number;
  /** With so many objects in the servers, for what depends on their number; the rest is asked at one size only. */
  run(bench: Bench, at: AtSize): Promise<void>;
}

export interface AtSize {
  readonly size: number;
  /** Nothing was measured on these servers yet; the smallest size, for what has nothing to do with how many others there are. */
  readonly isFirst: boolean;
  /** The size of a large but usual installation. */
  readonly isMain: boolean;
}
