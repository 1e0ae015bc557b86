import type { Figures, Row, Unit } from "../rows.ts";
import { ratioOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { serverNames } from "../servers/server.ts";
import { grouped, short } from "./numbers.ts";

/** The pairs whose ratio is told: ours against what it is compared with. */
export const pairs: readonly (readonly [ours: ServerName, other: ServerName])[] = [
  ["standalone", "native"],
  ["aggregated", "native"],
  ["standalone", "bare"],
];

const units: Readonly<Record<Unit, string>> = { "/s": "/s", ms: " ms", KiB: " KiB" };

/** The name of a row as people read it. */
export function titleOf({ what, size, counts }: Pick<Row, "what" | "size" | "counts">): string {
  if (size === undefined) return what;
  const counted = counts ?? "objects";
  return `${what}, ${grouped(size)} ${size === 1 ? counted.slice(0, -1) : counted}`;
}

/** From so much of a processor on the client sets the pace, whoever answers. */
const whole = 0.9;
/** Marks a figure whose client used a whole processor. */
export const busyMark = "▲";

/** The rows of one measure as cells of text, the head first. Columns nobody has figures for are left out. */
export function cellsOf(rows: readonly Row[]): readonly (readonly string[])[] {
  const servers = serverNames.filter((name) => rows.some((row) => row.servers[name] !== undefined));
  const ratios = pairs.filter(([a, b]) => rows.some((row) => ratioOf(row, a, b) !== undefined));
  const columnsOf = (name: ServerName): readonly Column[] => [
    { head: name, cell: ({ unit, servers }) => withSpread(servers[name], unit) },
    ...(rows.some((row) => row.servers[name]?.p99 !== undefined)
      ? [{ head: "p99", cell: ({ servers }: Row) => milliseconds(servers[name]?.p99) }]
      : []),
  ];
  const all: readonly Column[] = [
    { head: "", cell: titleOf },
    ...servers.flatMap(columnsOf),
    ...(rows.some((row) => row.servers.aggregated?.times !== undefined)
      ? [{ head: "calls", cell: ({ servers }: Row) => servers.aggregated?.times?.toFixed(1) ?? "" }]
      : []),
    ...ratios.map(([a, b]) => ({
      head: `${a} / ${b}`,
      cell: (row: Row) => {
        const ratio = ratioOf(row, a, b);
        return ratio === undefined ? "" : `${row.servers[b]?.isLeast === true ? "> " : ""}${short(ratio)}`;
      },
    })),
    ...(rows.some((row) => roundsOf(row) !== "") ? [{ head: "rounds", cell: roundsOf }] : []),
  ];
  return [all.map(({ head }) => head), ...rows.map((row) => all.map(({ cell }) => cell(row)))];
}

/** How many rounds each server has, where they differ the least and the most. */
function roundsOf({ servers }: Row): string {
  const all = Object.values(servers).flatMap(({ rounds }) => rounds ?? []);
  if (all.length === 0) return "";
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? String(least) : `${String(least)}–${String(most)}`;
}

interface Column {
  readonly head: string;
  readonly cell: (row: Row) => string;
}

/** The median, and how far the rounds were from each other: half of what lies between the least and the greatest. */
function withSpread(figures: Figures | undefined, unit: Unit): string {
  if (figures === undefined) return "";
  const { value, low, high, isLeast, client = 0 } = figures;
  const percent = (high - low) / 2 / value;
  const spread = percent > 0 && Number.isFinite(percent) ? ` ±${(percent * 100).toFixed(0)}%` : "";
  return `${isLeast === true ? "> " : ""}${short(value)}${units[unit]}${spread}${client < whole ? "" : ` ${busyMark}`}`;
}

const milliseconds = (n: number | undefined): string => (n === undefined ? "" : `${short(n)} ms`);

/** The cells in columns, for a terminal. */
export function columns(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => (row[i] ?? "").length)));
  return cells
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))),
    )
    .map((row) => row.join("  ").trimEnd())
    .join("\n");
}

/** The cells as a table of Markdown. */
export function markdown(cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  const [head = [], ...body] = cells;
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...body.map(line)].join("\n");
}
