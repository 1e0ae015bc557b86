import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printDifference, printExchange } from "../replay/print.ts";
import type { Pair } from "../twins/pair.ts";
import { noApiServer } from "../../support/control-plane.ts";
import { startPair } from "../twins/pair.ts";
import { aProgram } from "./program.ts";
import { firstDifference, shrink } from "./run.ts";

const why = noApiServer();
if (why !== undefined) console.warn(`skipped: ${why}`);

/** N: how many requests. SEED: where the programs begin; the same seed gives the same programs. */
const requests = Number(process.env["N"] ?? "2000");
const seed = Number(process.env["SEED"] ?? "1");
const length = 40;
const programs = Array.from({ length: Math.ceil(requests / length) }, (_, i) => ({ seed: seed + i }));

describe.skipIf(why !== undefined)("a random program has the same answers as on kube-apiserver", () => {
  let pair: Pair;
  let count = 0;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(async () => {
    await pair.stop();
  });
  const namespace = (): string => `random-${Date.now().toString(36)}-${String(++count)}`;

  test.each(programs)("seed $seed", async ({ seed: of }) => {
    const program = aProgram(of, length);
    const difference = await firstDifference(pair, program, namespace());
    if (difference === undefined) return;
    const upTo = program.slice(0, program.indexOf(difference.exchange) + 1);
    const shortest = await shrink(
      upTo,
      async (candidate) => (await firstDifference(pair, candidate, namespace())) !== undefined,
    );
    const shown = (await firstDifference(pair, shortest, namespace())) ?? difference;
    expect.fail(`${shortest.map(printExchange).join("")}\n${printDifference(shown)}`);
  });
});
