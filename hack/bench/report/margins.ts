/** What the project wants to be true of the ratios, and of a few times. The report says which of it a run reached. */
import type { Row } from "../rows.ts";
import { cpuRatioOf, keyOf, ratioOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { growthOf } from "./growth.ts";
import { grouped, microseconds, short } from "./numbers.ts";

/** One row, and what is wanted of it; or what is wanted of all rows. */
export type Margin = { readonly says: string } & (
  | {
      /** As `keyOf` makes it. */
      readonly row: string;
      readonly ratio: readonly [ours: ServerName, other: ServerName];
      readonly atLeast: number;
      readonly of?: "p99" | "bytes";
    }
  | { readonly row: string; readonly of: ServerName; readonly atMost: number }
  | { readonly row: string; readonly of: ServerName; readonly atLeast: number; readonly times?: number }
  | { readonly everyRow: "loopP99" | "growth"; readonly of: ServerName; readonly atMost: number }
);

const native = ["standalone", "native"] as const;
const aggregated = ["aggregated", "native"] as const;
const bare = ["standalone", "bare"] as const;
const by16 = (verb: string): string => `writes/${verb}, 16 connections/10000`;

/** Against the native CRD, through the aggregator, against a bare server, and by the clock. */
export const margins: readonly Margin[] = [
  { says: "LIST", row: "list/full/10000", ratio: native, atLeast: 10 },
  { says: "LIST, a page of 500", row: "list/limit=500/10000", ratio: native, atLeast: 5 },
  { says: "LIST as a Table", row: "list/Table/10000", ratio: native, atLeast: 5 },
  { says: "LIST by label, 1 in 20", row: "list/by label, 1 in 20/10000", ratio: native, atLeast: 10 },
  { says: "GET", row: "get/16 connections/10000", ratio: native, atLeast: 3 },
  { says: "CREATE", row: by16("CREATE"), ratio: native, atLeast: 1.5 },
  { says: "merge PATCH", row: by16("merge PATCH"), ratio: native, atLeast: 2 },
  { says: "APPLY", row: by16("APPLY"), ratio: native, atLeast: 2 },
  { says: "events per second, 1,000 watchers", row: "watch/events, JSON/1000", ratio: native, atLeast: 5 },
  {
    says: "delay p99, 1,000 watchers",
    row: "watch/delay, JSON/1000",
    ratio: native,
    atLeast: 2,
    of: "p99",
  },
  { says: "memory per object", row: "memory/per object", ratio: native, atLeast: 4 },
  { says: "LIST", row: "list/full/10000", ratio: aggregated, atLeast: 4 },
  { says: "CREATE", row: by16("CREATE"), ratio: aggregated, atLeast: 0.5 },
  { says: "UPDATE", row: by16("UPDATE"), ratio: aggregated, atLeast: 0.5 },
  { says: "merge PATCH", row: by16("merge PATCH"), ratio: aggregated, atLeast: 0.5 },
  { says: "APPLY", row: by16("APPLY"), ratio: aggregated, atLeast: 0.5 },
  { says: "DELETE", row: by16("DELETE"), ratio: aggregated, atLeast: 0.5 },
  { says: "LIST, bytes per second", row: "list/full/10000", ratio: bare, atLeast: 0.6, of: "bytes" },
  { says: "GET", row: "get/16 connections/10000", ratio: bare, atLeast: 0.6 },
  { says: "mutate reviews", row: "webhook/mutate, full", ratio: bare, atLeast: 0.6 },
  { says: "validate reviews", row: "webhook/validate, full", ratio: bare, atLeast: 0.6 },
  {
    says: "mutate reviews per second, two processes",
    row: "webhook/mutate, full, two processes",
    of: "standalone",
    atLeast: 9200,
  },
  {
    says: "validate reviews per second, two processes",
    row: "webhook/validate, full, two processes",
    of: "standalone",
    atLeast: 14_100,
  },
  {
    says: "converted objects per second",
    row: "webhook/convert to v1alpha2/500",
    of: "standalone",
    atLeast: 20_000,
    times: 500,
  },
  {
    says: "objects converted back per second",
    row: "webhook/convert to v1alpha1/500",
    of: "standalone",
    atLeast: 20_000,
    times: 500,
  },
  {
    says: "accepted to rendered",
    row: "reconcile/accepted to rendered",
    of: "aggregated",
    atMost: 40,
  },
  {
    says: "burst of 300, after the last",
    row: "reconcile/burst, after the last/300",
    of: "aggregated",
    atMost: 1500,
  },
  {
    says: "burst of 3,000, after the last",
    row: "reconcile/burst, after the last/3000",
    of: "aggregated",
    atMost: 20_000,
  },
  { says: "drift repaired", row: "reconcile/drift repaired", of: "aggregated", atMost: 200 },
  { says: "cold start", row: "start/empty, until ready", of: "standalone", atMost: 800 },
  {
    says: "start with 10,000 objects",
    row: "start/with objects, until ready/10000",
    of: "standalone",
    atMost: 2000,
  },
  {
    says: "configuration of a Llama Stack server, the largest",
    row: "generation/10 providers, 50 models, everything",
    of: "standalone",
    atMost: 2,
  },
  { says: "p99 of the event loop's delay under load", everyRow: "loopP99", of: "standalone", atMost: 20 },
  { says: "p99 of the event loop's delay under load", everyRow: "loopP99", of: "aggregated", atMost: 20 },
  { says: "growth beyond that of the output", everyRow: "growth", of: "standalone", atMost: 0.2 },
  { says: "growth beyond that of the output", everyRow: "growth", of: "aggregated", atMost: 0.2 },
];

/** A margin as it reads. */
export interface Told {
  readonly says: string;
  /** Who is compared with whom. */
  readonly between: string;
  readonly wanted: string;
}

export interface Judged extends Told {
  readonly measured: string;
  /** The same ratio by processor time, or what one operation costs; absent when that says nothing about it. */
  readonly cpu?: string;
  /** The least of those who are compared; absent when it is about many rows. */
  readonly rounds?: number;
  readonly isReached: boolean;
}

/** The margin in words. */
export function tell(margin: Margin): Told {
  const { says } = margin;
  if ("ratio" in margin)
    return { says, between: margin.ratio.join(" / "), wanted: `≥ ${String(margin.atLeast)}` };
  const between = margin.of;
  if ("atLeast" in margin) return { says, between, wanted: `≥ ${grouped(margin.atLeast)} /s` };
  const unit = "everyRow" in margin && margin.everyRow === "growth" ? "" : " ms";
  const bound = Number.isInteger(margin.atMost) ? grouped(margin.atMost) : String(margin.atMost);
  return { says, between, wanted: `≤ ${bound}${unit}` };
}

/** The name of a margin among all of them. */
export const nameOf = ({ says, between }: Pick<Told, "says" | "between">): string => `${says}: ${between}`;

/** What a run says to each margin it has figures for. */
export function judge(rows: readonly Row[], wanted: readonly Margin[] = margins): Judged[] {
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  return wanted.flatMap((margin) => {
    if ("everyRow" in margin) return judgeWorst(rows, margin) ?? [];
    const row = known.get(margin.row);
    return row === undefined ? [] : (judgeOne(row, margin) ?? []);
  });
}

function judgeOne(row: Row, margin: Exclude<Margin, { everyRow: string }>): Judged | undefined {
  const told = { ...tell(margin), ...roundsOf(row, "ratio" in margin ? margin.ratio : [margin.of]) };
  if ("ratio" in margin) {
    const ratio = ratioFor(row, margin);
    if (ratio === undefined) return undefined;
    const cpu = cpuRatioFor(row, margin);
    return {
      ...told,
      measured: short(ratio),
      ...(cpu === undefined ? {} : { cpu: short(cpu) }),
      isReached: ratio >= margin.atLeast,
    };
  }
  const figures = row.servers[margin.of];
  if (figures === undefined) return undefined;
  const times = "times" in margin ? (margin.times ?? 1) : 1;
  const cpu = figures.cpu === undefined ? {} : { cpu: `${microseconds(figures.cpu / times)} each` };
  if ("atMost" in margin) {
    return {
      ...told,
      measured: `${short(figures.value)} ms`,
      ...cpu,
      isReached: figures.value <= margin.atMost,
    };
  }
  const rate = figures.value * times;
  return { ...told, measured: `${grouped(rate)} /s`, ...cpu, isReached: rate >= margin.atLeast };
}

function roundsOf(row: Row, servers: readonly ServerName[]): Pick<Judged, "rounds"> {
  const all = servers.flatMap((name) => row.servers[name]?.rounds ?? []);
  return all.length === 0 ? {} : { rounds: Math.min(...all) };
}

function ratioFor(row: Row, margin: Extract<Margin, { ratio: object }>): number | undefined {
  const [ours, other] = margin.ratio;
  if (margin.of === undefined) return ratioOf(row, ours, other);
  const [a, b] = [row.servers[ours]?.[margin.of], row.servers[other]?.[margin.of]];
  if (a === undefined || b === undefined) return undefined;
  if (margin.of === "p99") return b / a;
  // Bytes per second: their answers need not be of one length.
  const rate = ratioOf(row, ours, other);
  return rate === undefined ? undefined : (rate * a) / b;
}

/** Not of how long the slowest wait, which processor time does not tell. */
function cpuRatioFor(row: Row, margin: Extract<Margin, { ratio: object }>): number | undefined {
  const [ours, other] = margin.ratio;
  const ratio = margin.of === "p99" ? undefined : cpuRatioOf(row, ours, other);
  if (margin.of !== "bytes" || ratio === undefined) return ratio;
  return (ratio * (row.servers[ours]?.bytes ?? Number.NaN)) / (row.servers[other]?.bytes ?? Number.NaN);
}

/** The worst of all rows, and which that is. */
function judgeWorst(rows: readonly Row[], margin: Extract<Margin, { everyRow: string }>): Judged | undefined {
  const { of, atMost, everyRow } = margin;
  const found = everyRow === "loopP99" ? loopDelays(rows, of) : excesses(rows, of);
  const worst = found.toSorted((a, b) => b.value - a.value)[0];
  if (worst === undefined) return undefined;
  const unit = everyRow === "loopP99" ? " ms" : "";
  const digits = everyRow === "loopP99" ? 1 : 2;
  return {
    ...tell(margin),
    measured: `${worst.value.toFixed(digits)}${unit} (${worst.where})`,
    isReached: worst.value <= atMost,
  };
}

interface Found {
  readonly value: number;
  readonly where: string;
}

function loopDelays(rows: readonly Row[], server: ServerName): Found[] {
  return rows.flatMap((row) => {
    const value = row.servers[server]?.loopP99;
    return value === undefined ? [] : [{ value, where: keyOf(row) }];
  });
}

/** By how much the exponent of the time exceeds that of the bytes, where there are both. */
function excesses(rows: readonly Row[], server: ServerName): Found[] {
  return growthOf(rows).flatMap((growth) =>
    growth.server !== server || growth.bytes === undefined
      ? []
      : [{ value: growth.time - growth.bytes, where: `${growth.measure}/${growth.what}` }],
  );
}
