import { expect, test } from "vitest";
import { aProgram } from "../random/program.ts";
import { firstDifference, inParallel } from "../random/run.ts";
import { printDifference } from "../replay/print.ts";
import type { Ways } from "../twins/aggregated.ts";

/** A share of the random programs: so many requests in programs of so many. */
const requests = Number(process.env["N_AGGREGATED"] ?? "1500");
const seed = Number(process.env["SEED"] ?? "1");
const length = 40;
const programs = Math.ceil(requests / length);

/** Runs random programs through the aggregator, beside the CRD. They are those the random suite begins with. */
export function randomBehind(servers: () => Ways): void {
  test(`random programs of seeds ${String(seed)} to ${String(seed + programs - 1)}`, async () => {
    const { native: real, behind: ours } = servers();
    const differences: string[] = [];
    const seeds = Array.from({ length: programs }, (_, i) => seed + i);
    const at = Date.now().toString(36);
    await inParallel(seeds, 4, async (of) => {
      const namespace = `random-${at}-${String(of)}-native`;
      const difference = await firstDifference({ real, ours }, aProgram(of, length), namespace);
      if (difference !== undefined) differences.push(`SEED=${String(of)}\n${printDifference(difference)}`);
    });
    expect(differences.join("\n\n")).toBe("");
  });
}
