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
  /** On the same servers with ever more objects, the most last: who has no patience has the rest. */
  readonly perSize: readonly Measure[];
} = {
  before: [render, generation, webhook, start, memory],
  perSize: [list, get, writes, parts, watch, reconcile, informers],
};

export const measureNames: readonly string[] = Object.values(measures).flatMap((some) =>
  some.map(({ name }) => name),
);
