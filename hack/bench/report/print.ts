import { growthOf } from "./growth.ts";
import { judge } from "./margins.ts";
import type { Run } from "./run.ts";
import { cellsOf, columns } from "./table.ts";

/** A run as text for a terminal. */
export function printRun({ machine, options, rows, failures, seconds }: Run): string {
  const { processors, memoryGiB, versions } = machine;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `${processors}, ${String(memoryGiB)} GiB, ${named.join(", ")}`,
    `medians of ${String(options.rounds)} rounds in ${String(seconds)} s; ratios say how many times better the first is`,
  ];
  for (const measure of new Set(rows.map((row) => row.measure))) {
    parts.push(`\n${measure}\n${columns(cellsOf(rows.filter((row) => row.measure === measure)))}`);
  }
  const growth = growthOf(rows);
  if (growth.length > 0) {
    const cells = growth.map(({ measure, what, server, time, bytes }) => [
      `${measure}: ${what}`,
      server,
      time.toFixed(2),
      bytes?.toFixed(2) ?? "",
    ]);
    parts.push(`\ngrowth, as exponents\n${columns([["", "", "time", "bytes"], ...cells])}`);
  }
  const judged = judge(rows).map(({ says, between, wanted, measured, cpu = "", isReached }) => [
    says,
    between,
    wanted,
    measured,
    cpu,
    isReached ? "reached" : "NOT REACHED",
  ]);
  if (judged.length > 0) {
    parts.push(
      `\nwhat is wanted\n${columns([["", "", "wanted", "measured", "by processor time", ""], ...judged])}`,
    );
  }
  for (const { measure, what, size, server, message } of failures) {
    const named = [measure, what, size, server].filter((part) => part !== undefined);
    parts.push(`\nFAILED ${named.join(" ")}: ${message}`);
  }
  return parts.join("\n");
}
