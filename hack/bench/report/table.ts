import type { Row, Unit } from "../rows.ts";
import { ratioOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { serverNames } from "../servers/server.ts";

/** The pairs whose ratio is told: ours against what it is compared with. */
export const pairs: readonly (readonly [ours: ServerName, other: ServerName])[] = [
  ["standalone", "native"],
  ["aggregated", "native"],
  ["standalone", "bare"],
];

/** A whole number as people write it. */
const grouped = (n: number): string => n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");

/** A number with three digits that count. */
export function short(n: number): string {
  if (n >= 100) return grouped(n);
  return n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

const units: Readonly<Record<Unit, string>> = { "/s": "/s", ms: " ms", KiB: " KiB" };

/** The name of a row as people read it. */
export function titleOf({ what, size, counts }: Pick<Row, "what" | "size" | "counts">): string {
  if (size === undefined) return what;
  const counted = counts ?? "objects";
  return `${what}, ${grouped(size)} ${size === 1 ? counted.slice(0, -1) : counted}`;
}

/** The rows of one measure as cells of text, the head first. Columns nobody has figures for are left out. */
export function cellsOf(rows: readonly Row[]): readonly (readonly string[])[] {
  const servers = serverNames.filter((name) => rows.some((row) => row.servers[name] !== undefined));
  const ratios = pairs.filter(([a, b]) => rows.some((row) => ratioOf(row, a, b) !== undefined));
  const head = ["", ...servers.flatMap((name) => [name, "p99"]), ...ratios.map((pair) => pair.join(" / "))];
  const body = rows.map((row) => [
    titleOf(row),
    ...servers.flatMap((name) => {
      const figures = row.servers[name];
      if (figures === undefined) return ["", ""];
      const p99 = figures.p99 === undefined ? "" : `${short(figures.p99)} ms`;
      return [`${short(figures.value)}${units[row.unit]}`, p99];
    }),
    ...ratios.map(([a, b]) => {
      const ratio = ratioOf(row, a, b);
      return ratio === undefined ? "" : short(ratio);
    }),
  ]);
  return [head, ...body];
}

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
