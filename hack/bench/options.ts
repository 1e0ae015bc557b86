import { parseArgs } from "node:util";
import type { ServerName } from "./servers/server.ts";
import { serverNames } from "./servers/server.ts";

export interface BenchOptions {
  /** The measures to run; empty: all. */
  readonly only: readonly string[];
  /** Numbers of objects, ascending. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly servers: readonly ServerName[];
  /** Only rows whose measure, name and size, as words, have this in them; empty: all. */
  readonly row: string;
  /** After so many, each row that is left has one round. */
  readonly minutes: number;
  /** Everything once and small: to see that it works, not how fast it is. */
  readonly quick: boolean;
  readonly json?: string;
}

/**
 * An installation that is large, but not as few are. With more, nobody waits until a reconciler has looked at every object,
 * which takes longer than what is measured: not after a restart, and behind the aggregator is a server that only serves.
 */
export const usualSize = 10_000;

export const usage = `usage: npm run bench -- [--only NAME,…] [--row TEXT] [--sizes N,…] [--rounds N] [--minutes N] [--servers NAME,…] [--quick] [--json FILE]`;

/** The options of a command line; throws with the usage when there is something else. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      row: { type: "string", default: "" },
      sizes: { type: "string" },
      minutes: { type: "string", default: "20" },
      rounds: { type: "string" },
      servers: { type: "string", default: serverNames.join(",") },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const listed = (text: string): string[] => text.split(",").filter((part) => part !== "");
  const sizes = listed(values.sizes ?? (values.quick ? "200" : "1000,10000,50000"))
    .map(Number)
    .sort((a, b) => a - b);
  const rounds = Number(values.rounds ?? (values.quick ? "1" : "3"));
  const minutes = Number(values.minutes);
  const servers = listed(values.servers).map((name) => {
    const known = serverNames.find((server) => server === name);
    if (known === undefined) throw new Error(`no server ${name}\n${usage}`);
    return known;
  });
  if (sizes.length === 0 || ![...sizes, rounds, minutes].every((n) => Number.isInteger(n) && n > 0)) {
    throw new Error(usage);
  }
  return {
    only: listed(values.only),
    sizes,
    rounds,
    row: values.row,
    minutes,
    servers,
    quick: values.quick,
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}

/** The size at which what does not grow with the number of objects is measured: the largest usual one. */
export function mainSizeOf({ sizes }: Pick<BenchOptions, "sizes">): number {
  return sizes.findLast((size) => size <= usualSize) ?? sizes[0] ?? usualSize;
}
