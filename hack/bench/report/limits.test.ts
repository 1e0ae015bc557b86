import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Row } from "../rows.ts";
import { fillFigures, readLimits } from "./limits.ts";
import { judge, margins, nameOf, tell } from "./margins.ts";
import type { Run } from "./run.ts";

const folder = path.join(import.meta.dirname, "..");
const limits = readLimits(readFileSync(path.join(folder, "limits.md"), "utf8"));
const results = path.join(folder, "results.json");

const row: Row = {
  measure: "get",
  what: "16 connections",
  size: 1000,
  unit: "/s",
  servers: { standalone: { value: 4321, low: 1, high: 1, cpu: 98.76 } },
};

test("a section is known by its heading", () => {
  expect(readLimits("# All\n\nNote.\n\n## A: b\n\nText.\n\nMore.\n\n## C: d / e\n\nOther.\n")).toEqual(
    new Map([
      ["A: b", "Text.\n\nMore."],
      ["C: d / e", "Other."],
    ]),
  );
});

test("figures of the run stand where they are asked for", () => {
  const text =
    "{{get/16 connections/1000 standalone cpu}} µs at {{get/16 connections/1000 standalone value}}/s";
  expect(fillFigures(text, [row])).toBe("98.8 µs at 4,321/s");
  expect(fillFigures("{{list/full/1 native cpu}} µs", [row])).toBe("(not measured) µs");
  expect(() => fillFigures("{{get/16 connections/1000 standalone speed}}", [row])).toThrow("names no figure");
});

test("every section is about a margin that there is", () => {
  const known = margins.map((margin) => nameOf(tell(margin)));
  expect(new Set(known).size).toBe(known.length);
  expect([...limits.keys()].filter((name) => !known.includes(name))).toEqual([]);
});

test("every margin that the kept run missed is explained, with figures it has; no page is made of no run", () => {
  if (!existsSync(results)) {
    expect(existsSync(path.join(folder, "../../docs/performance.md"))).toBe(false);
    return;
  }
  const { rows } = JSON.parse(readFileSync(results, "utf8")) as Run;
  const missed = judge(rows).filter(({ isReached }) => !isReached);
  for (const name of missed.map(nameOf)) {
    expect(limits.get(name), name).toMatch(/\w/);
    expect(fillFigures(limits.get(name) ?? "", rows), name).not.toContain("(not measured)");
  }
});
