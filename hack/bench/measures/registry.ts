import { get } from "./get.ts";
import { informers } from "./informers.ts";
import { list } from "./list.ts";
import type { Measure } from "./measure.ts";
import { memory } from "./memory.ts";
import { reconcile } from "./reconcile.ts";
import { generation, render } from "./render.ts";
import { start } from "./start.ts";
import { watch } from "./watch.ts";
import { webhook } from "./webhook.ts";
import { writes } from "./writes.ts";

/** Every measure, in the order in which they run: what needs servers of its own comes last. */
export const measures: readonly Measure[] = [
  render,
  generation,
  webhook,
  list,
  get,
  writes,
  watch,
  informers,
  reconcile,
  start,
  memory,
];
