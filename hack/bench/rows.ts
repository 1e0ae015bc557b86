/** What a run found: one row for each piece of work, with the figures of each server that did it. */
import type { ServerName } from "./servers/server.ts";
import { median, quantile } from "./statistics.ts";

/** Of a rate more is better, of everything else less. */
export type Unit = "/s" | "ms" | "KiB";

/** One round of one server. */
export interface Sample {
  readonly value: number;
  /** Milliseconds. */
  readonly p99?: number;
  /** Processor time per operation in microseconds. */
  readonly cpu?: number;
  /** Of the server's event loop meanwhile, milliseconds. */
  readonly loopP99?: number;
  /** Of the answers. */
  readonly bytes?: number;
  /** How often it is done for one operation, of a part of that. */
  readonly times?: number;
  /** How much of one processor the client used meanwhile. */
  readonly client?: number;
  /** It was not over: the value is at least this. */
  readonly isLeast?: boolean;
}

export interface Figures {
  /** Medians over the rounds. */
  readonly value: number;
  readonly p99?: number;
  readonly cpu?: number;
  readonly loopP99?: number;
  readonly bytes?: number;
  readonly times?: number;
  readonly client?: number;
  /** One of them was not over: the value would be greater. */
  readonly isLeast?: boolean;
  /** How many there were. */
  readonly rounds?: number;
  /** The least and the greatest value of a round. */
  readonly low: number;
  readonly high: number;
  /** The same of processor time. */
  readonly cpuLow?: number;
  readonly cpuHigh?: number;
}

export interface Row {
  readonly measure: string;
  readonly what: string;
  /** How many objects there were, or of what else the name says. */
  readonly size?: number;
  /** What the size counts; absent: objects. */
  readonly counts?: "watchers" | "deployments";
  readonly unit: Unit;
  readonly servers: Partial<Readonly<Record<ServerName, Figures>>>;
}

/** The figures of some rounds. */
export function summarize(samples: readonly Sample[]): Figures {
  const of = (field: Exclude<keyof Sample, "isLeast">): number | undefined => {
    const values = samples.flatMap((sample) => sample[field] ?? []);
    return values.length === 0 ? undefined : median(values);
  };
  const values = samples.map(({ value }) => value);
  const costs = samples.flatMap(({ cpu }) => cpu ?? []);
  const more = (["p99", "cpu", "loopP99", "bytes", "times", "client"] as const).flatMap((field) => {
    const value = of(field);
    return value === undefined ? [] : [[field, value]];
  });
  return {
    value: median(values),
    low: quantile(values, 0),
    high: quantile(values, 1),
    rounds: samples.length,
    ...(costs.length === 0 ? {} : { cpuLow: quantile(costs, 0), cpuHigh: quantile(costs, 1) }),
    ...(samples.some(({ isLeast }) => isLeast === true) ? { isLeast: true } : {}),
    ...(Object.fromEntries(more) as Partial<Figures>),
  };
}

/** What a row is known by in the baseline and in the list of margins. */
export const keyOf = ({ measure, what, size }: Pick<Row, "measure" | "what" | "size">): string =>
  [measure, what, ...(size === undefined ? [] : [String(size)])].join("/");

/** The figures as if one server's best round had been all of its rounds, and another one's worst. */
export function atBest(row: Row, ours: ServerName, other: ServerName): Row {
  const { [ours]: a, [other]: b } = row.servers;
  if (a === undefined || b === undefined) return row;
  const [best, worst] = row.unit === "/s" ? [a.high, b.low] : [a.low, b.high];
  return {
    ...row,
    servers: {
      [ours]: { ...a, value: best, ...(a.cpuLow === undefined ? {} : { cpu: a.cpuLow }) },
      [other]: { ...b, value: worst, ...(b.cpuHigh === undefined ? {} : { cpu: b.cpuHigh }) },
    },
  };
}

/** How much less processor time one server needs for the same than another, or undefined when one of them has no figures. */
export function cpuRatioOf(row: Row, ours: ServerName, other: ServerName): number | undefined {
  const [a = 0, b = 0] = [row.servers[ours]?.cpu, row.servers[other]?.cpu];
  return a === 0 || b === 0 ? undefined : b / a;
}

/** How many times better one server is than another, or undefined when one of them has no figures. */
export function ratioOf(row: Row, ours: ServerName, other: ServerName): number | undefined {
  const [a, b] = [row.servers[ours]?.value, row.servers[other]?.value];
  if (a === undefined || b === undefined) return undefined;
  return row.unit === "/s" ? a / b : b / a;
}
