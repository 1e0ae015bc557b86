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
  /** Once, with the usual number; it leaves more objects behind than it found. */
  readonly after: readonly Measure[];
  /** On new servers, which it fills from the smallest number of objects to the largest; what comes next finds them so. */
  readonly filling: readonly Measure[];
} = {
  before: [render, generation, webhook, start],
  perSize: [list, get, writes, parts, watch, informers],
  after: [reconcile],
  filling: [memory],
};

export const measureNames: readonly string[] = Object.values(measures).flatMap((some) =>
  some.map(({ name }) => name),
);
