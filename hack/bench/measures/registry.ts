import { get } from "./get.ts";
import { informers } from "./informers.ts";
import { list } from "./list.ts";
import type { Measure } from "./measure.ts";
import { memory } from "./memory.ts";
import { parts } from "./parts.ts";
import { reconcile } from "./reconcile.ts";
import { generation, render } from "./render.ts";
import { start } from "./start.ts";
import { watch } from "./watch.ts";
import { webhook } from "./webhook.ts";
import { writes } from "./writes.ts";

/** Every measure, in the order in which they run. */
export const measures: {
  /** By themselves, once. */
  readonly before: readonly Measure[];
  /** On the same servers with ever more objects. */
  readonly perSize: readonly Measure[];
  /** Once more by themselves: the servers of the others have ended, so that these have the machine. */
  readonly after: readonly Measure[];
} = {
  before: [render, generation, webhook],
  perSize: [list, get, writes, parts, watch, reconcile, informers],
  after: [start, memory],
};

export const measureNames: readonly string[] = Object.values(measures).flatMap((some) =>
  some.map(({ name }) => name),
);
