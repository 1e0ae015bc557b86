import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moduleGraph } from "./modules.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "hawsepipe-modules-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(file: string, text: string): string {
  const full = path.join(directory, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

describe("the graph of modules", () => {
  test("follows imports, re-exports, dynamic imports and cycles, and leaves the rest out", () => {
    const main = write("main.js", 'import "./a.js"; await import("./b/b.js");');
    const a = write(
      "a.js",
      'export { x } from "./b/b.js"; import data from "./data.json" with { type: "json" };',
    );
    const b = write("b/b.js", 'import "../main.js"; export const x = 1;');
    const data = write("data.json", "{}");
    write("unused.js", 'import "typebox";');
    const graph = moduleGraph([main]);
    expect([...graph.files].sort()).toEqual([a, b, data, main].sort());
    expect([...graph.packages.keys()]).toEqual([]);
  });

  test("names packages without their paths, and not what Node brings", () => {
    const main = write(
      "main.js",
      'import fs from "node:fs"; import "path"; import "undici/lib/x.js"; import "@a/b/c.js"; await import("yaml");',
    );
    expect([...moduleGraph([main]).packages.keys()].sort()).toEqual(["@a/b", "undici", "yaml"]);
  });

  test("an import of nothing is an error", () => {
    const main = write("main.js", 'import "./missing.js";');
    expect(() => moduleGraph([main])).toThrow(/missing\.js is imported, but was not built/);
  });
});
