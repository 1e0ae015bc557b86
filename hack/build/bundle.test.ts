import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundle, packageOf } from "./bundle.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "hawsepipe-bundle-"));
  write("out/package.json", '{ "type": "module" }');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  const full = path.join(root, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
}

function writePackage(name: string, text: string): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "main.js" }));
  write(`node_modules/${name}/main.js`, text);
}

const options = {
  entries: ["a/main.ts"],
  mayShip: (folder: string) => !folder.endsWith("/only-development"),
};
const build = (): Promise<readonly string[]> => bundle({ root, out: path.join(root, "out"), ...options });
const run = (): string =>
  execFileSync(process.execPath, [path.join(root, "out/a/main.js")], { encoding: "utf8", stdio: "pipe" });

describe("a bundle", () => {
  test("holds our modules, packages and data, and says which they are", async () => {
    write(
      "a/main.ts",
      'import { b } from "../b.ts"; import shipped from "shipped"; console.log(b, shipped);',
    );
    write(
      "b.ts",
      'import data from "./data.json" with { type: "json" };\nexport const b: string = data.text;',
    );
    write("data.json", '{ "text": "läßt\\u2028 \\"x\\"" }');
    writePackage("shipped", "module.exports = 1;");
    const modules = await build();
    rmSync(path.join(root, "node_modules"), { recursive: true });
    expect(run()).toBe('läßt\u2028 "x" 1\n');
    const folders = new Set(modules.map((module) => packageOf(root, module)));
    expect([...folders].sort()).toEqual(["node_modules/shipped", undefined]);
  });

  test("loads what is imported late when it is asked for, and finds files where the sources do", async () => {
    write("a/main.ts", 'const { late } = await import("./late.ts"); console.log(late());');
    write(
      "a/late.ts",
      'import { readFileSync } from "node:fs";\nexport const late = (): string => readFileSync(new URL("text", import.meta.url), "utf8");',
    );
    write("out/a/text", "found");
    await build();
    expect(run()).toBe("found\n");
    expect(readdirSync(path.join(root, "out"))).toContain("late.js");
  });

  test("keeps __proto__ in data as data", async () => {
    write("a/main.ts", 'import data from "./data.json"; console.log(Object.keys(data).join());');
    write("a/data.json", '{ "__proto__": { "x": 1 }, "y": 2 }');
    await build();
    expect(run()).toBe("__proto__,y\n");
  });

  test("leaves to packages to miss what only development has", async () => {
    write("a/main.ts", 'import shipped from "shipped"; console.log(shipped);');
    writePackage(
      "shipped",
      'try { module.exports = require("only-development"); } catch { module.exports = "without"; }',
    );
    writePackage("only-development", 'module.exports = "with";');
    await build();
    rmSync(path.join(root, "node_modules"), { recursive: true });
    expect(run()).toBe("without\n");
  });

  test.each([
    {
      says: "a package that only development has",
      source: 'import "only-development";',
      error: "a/main.ts needs node_modules/only-development, which is no production dependency",
    },
    {
      says: "a file that is not there",
      source: 'import "./missing.ts";',
      error: "a/main.ts needs ./missing.ts, which is not there",
    },
    {
      says: "a package that is not there",
      source: 'import "missing";',
      error: "a/main.ts needs missing, which is not there",
    },
    {
      says: "a place an entry of another folder cannot know",
      source: "console.log(import.meta.url);",
      error: "a/main.ts asks for its place, but would be in a/main.js",
    },
  ])("is refused with $says", async ({ source, error }) => {
    write("a/main.ts", source);
    writePackage("only-development", "");
    await expect(build()).rejects.toThrow(error);
  });
});
