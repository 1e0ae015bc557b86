import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printDifference, printExchange } from "../replay/print.ts";
import type { Pair } from "../twins/pair.ts";
import { noApiServer } from "../../support/control-plane.ts";
import { startPair } from "../twins/pair.ts";
import { aProgram } from "./program.ts";
import { firstDifference, inParallel } from "./run.ts";
import { shrink } from "./shrink.ts";

const why = noApiServer();
if (why !== undefined) console.warn(`skipped: ${why}`);

/** N: how many requests. SEED: where the programs begin; the same seed gives the same programs. */
const requests = Number(process.env["N"] ?? "10000");
const seed = Number(process.env["SEED"] ?? "1");
/** Requests of one program, programs of one test, programs that run side by side. */
const length = 40;
const batch = 25;
const width = 4;
const programs = Math.ceil(requests / length);
const batches = Array.from({ length: Math.ceil(programs / batch) }, (_, i) => {
  const first = seed + i * batch;
  return { first, last: Math.min(first + batch, seed + programs) - 1 };
});

describe.skipIf(why !== undefined)("random programs have the same answers as on kube-apiserver", () => {
  let pair: Pair;
  let count = 0;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(async () => {
    await pair.stop();
  });
  const namespace = (): string => `random-${Date.now().toString(36)}-${String(++count)}`;

  async function explain(of: number): Promise<string | undefined> {
    const program = aProgram(of, length);
    const difference = await firstDifference(pair, program, namespace());
    if (difference === undefined) return undefined;
    const upTo = program.slice(0, program.indexOf(difference.exchange) + 1);
    const { real, ours } = difference;
    const shortest = await shrink(upTo, async (candidate) => {
      const found = await firstDifference(pair, candidate, namespace());
      return found?.real.status === real.status && found.ours.status === ours.status;
    });
    const shown = (await firstDifference(pair, shortest, namespace())) ?? difference;
    return `SEED=${String(of)} N=1\n${shortest.map(printExchange).join("")}\n${printDifference(shown)}`;
  }

  test.each(batches)("seeds $first to $last", async ({ first, last }) => {
    const differences: string[] = [];
    const seeds = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    await inParallel(seeds, width, async (of) => {
      const difference = await explain(of);
      if (difference !== undefined) differences.push(difference);
    });
    expect(differences.join("\n\n")).toBe("");
  });
});
