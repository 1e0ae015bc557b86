/** Programs of random requests. Each stands for itself: what a request refers to has a value even when it is not known. */
import type { Exchange } from "../replay/exchange.ts";
import { aSpec } from "./content.ts";
import { RandomSource } from "./random-source.ts";
import { apply } from "./steps/apply.ts";
import { create } from "./steps/create.ts";
import { remove, removeMany } from "./steps/delete.ts";
import { malformed } from "./steps/malformed.ts";
import { jsonPatch, mergePatch } from "./steps/patch.ts";
import { list, read } from "./steps/read.ts";
import { scale } from "./steps/scale.ts";
import { status } from "./steps/status.ts";
import type { Request, Step } from "./steps/step.ts";
import { update } from "./steps/update.ts";
import { watch } from "./steps/watch.ts";

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [14, create],
  [16, update],
  [14, mergePatch],
  [8, jsonPatch],
  [22, apply],
  [8, status],
  [7, scale],
  [6, remove],
  [1, removeMany],
  [8, list],
  [4, read],
  [3, watch],
  [3, malformed],
];
const total = steps.reduce((sum, [weight]) => sum + weight, 0);

/** A program of so many requests, and watches over all or some of them. */
export function aProgram(seed: number, length: number): Exchange[] {
  const random = new RandomSource(seed);
  const requests: Request[] = [
    { post: "twins?fieldManager=u1", twin: { name: "a", spec: aSpec(random) } },
    { open: "watch", get: "twins?watch=1&resourceVersion={{a.rv|}}" },
  ];
  while (requests.length < length) {
    const made = aStep(random)(random, requests.length);
    requests.push(...(Array.isArray(made) ? (made as readonly Request[]) : [made as Request]));
  }
  const watches = requests.flatMap(({ open }) => (open === undefined ? [] : [open]));
  requests.push(...watches.map((read) => ({ read, count: -1 })));
  return requests.map((request, at) => ({ name: `step ${String(at)}`, ...request }));
}

function aStep(random: RandomSource): Step {
  let at = random.integer(total);
  for (const [weight, step] of steps) {
    at -= weight;
    if (at < 0) return step;
  }
  return read;
}
