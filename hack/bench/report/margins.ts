/** What the project wants to be true of the ratios, and of a few times. The report says which of it a run reached. */
import type { Row } from "../rows.ts";
import { keyOf, ratioOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";

/** Names a row, and what is wanted of it. */
export type Margin = {
  readonly says: string;
  /** As `keyOf` makes it. */
  readonly row: string;
} & (
  | {
      readonly ratio: readonly [ours: ServerName, other: ServerName];
      readonly atLeast: number;
      readonly of?: "p99";
    }
  | { readonly of: ServerName; readonly atMost: number }
  | { readonly of: ServerName; readonly atLeast: number; readonly times?: number }
);

const native = ["standalone", "native"] as const;
const aggregated = ["aggregated", "native"] as const;
const bare = ["standalone", "bare"] as const;

/** Against the native CRD, through the aggregator, against a bare server, and by the clock. */
export const margins: readonly Margin[] = [
  { says: "LIST", row: "list/full/10000", ratio: native, atLeast: 10 },
  { says: "LIST, a page of 500", row: "list/limit=500/10000", ratio: native, atLeast: 5 },
  { says: "LIST as a Table", row: "list/Table/10000", ratio: native, atLeast: 5 },
  { says: "LIST by label, 1 in 20", row: "list/by label, 1 in 20/10000", ratio: native, atLeast: 10 },
  { says: "GET", row: "get/16 connections/10000", ratio: native, atLeast: 3 },
  { says: "CREATE", row: "writes/CREATE, 16 connections/10000", ratio: native, atLeast: 1.5 },
  { says: "merge PATCH", row: "writes/merge PATCH, 16 connections/10000", ratio: native, atLeast: 2 },
  { says: "APPLY", row: "writes/APPLY, 16 connections/10000", ratio: native, atLeast: 2 },
  { says: "watch events per second", row: "watch/events, JSON, 1000 watchers", ratio: native, atLeast: 5 },
  { says: "watch delay, p99", row: "watch/delay, JSON, 1000 watchers", ratio: native, atLeast: 2, of: "p99" },
  { says: "memory per object", row: "memory/per object, from 1000/10000", ratio: native, atLeast: 4 },
  { says: "LIST", row: "list/full/10000", ratio: aggregated, atLeast: 4 },
  { says: "CREATE", row: "writes/CREATE, 16 connections/10000", ratio: aggregated, atLeast: 0.5 },
  { says: "merge PATCH", row: "writes/merge PATCH, 16 connections/10000", ratio: aggregated, atLeast: 0.5 },
  { says: "APPLY", row: "writes/APPLY, 16 connections/10000", ratio: aggregated, atLeast: 0.5 },
  { says: "LIST", row: "list/full/10000", ratio: bare, atLeast: 0.6 },
  { says: "GET", row: "get/16 connections/10000", ratio: bare, atLeast: 0.6 },
  { says: "review: mutate", row: "webhook/mutate, full", ratio: bare, atLeast: 0.6 },
  { says: "review: validate", row: "webhook/validate, full", ratio: bare, atLeast: 0.6 },
  {
    says: "converted objects per second",
    row: "webhook/convert to v1alpha2/500",
    of: "standalone",
    atLeast: 20_000,
    times: 500,
  },
  {
    says: "accepted to rendered, in a cluster",
    row: "reconcile/accepted to rendered",
    of: "aggregated",
    atMost: 40,
  },
  { says: "burst of 300", row: "reconcile/burst of 300, after the last", of: "aggregated", atMost: 1500 },
  {
    says: "burst of 3,000",
    row: "reconcile/burst of 3000, after the last",
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
];

export interface Judged {
  readonly says: string;
  /** Who is compared with whom. */
  readonly between: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isReached: boolean;
}

/** What a run says to each margin it has figures for. */
export function judge(rows: readonly Row[], wanted: readonly Margin[] = margins): Judged[] {
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  return wanted.flatMap((margin) => {
    const row = known.get(margin.row);
    const judged = row === undefined ? undefined : judgeOne(row, margin);
    return judged === undefined ? [] : [judged];
  });
}

function judgeOne(row: Row, margin: Margin): Judged | undefined {
  const { says } = margin;
  if ("ratio" in margin) {
    const [ours, other] = margin.ratio;
    const ratio = margin.of === "p99" ? p99Ratio(row, ours, other) : ratioOf(row, ours, other);
    if (ratio === undefined) return undefined;
    return {
      says,
      between: `${ours} / ${other}`,
      wanted: `≥ ${String(margin.atLeast)}`,
      measured: ratio.toFixed(2),
      isReached: ratio >= margin.atLeast,
    };
  }
  const value = row.servers[margin.of]?.value;
  if (value === undefined) return undefined;
  if ("atMost" in margin) {
    const isReached = value <= margin.atMost;
    const wanted = `≤ ${String(margin.atMost)} ms`;
    return { says, between: margin.of, wanted, measured: `${value.toFixed(0)} ms`, isReached };
  }
  const rate = value * (margin.times ?? 1);
  const wanted = `≥ ${String(margin.atLeast)} /s`;
  return {
    says,
    between: margin.of,
    wanted,
    measured: `${rate.toFixed(0)} /s`,
    isReached: rate >= margin.atLeast,
  };
}

function p99Ratio({ servers }: Row, ours: ServerName, other: ServerName): number | undefined {
  const [a, b] = [servers[ours]?.p99, servers[other]?.p99];
  return a === undefined || b === undefined ? undefined : b / a;
}
