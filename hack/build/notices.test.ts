import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { notices } from "./notices.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "hawsepipe-notices-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function writePackage(
  name: string,
  license: string | undefined,
  files: Readonly<Record<string, string>>,
): void {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", license }));
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
}

describe("the notices of packages", () => {
  test("are their licences and notices, whole, each under its name and version", () => {
    writePackage("a", "MIT", { "LICENSE.md": "licence of a\n", "README.md": "read me" });
    writePackage("@b/c", "(BSD-3-Clause OR GPL-2.0)", { license: "licence of c", NOTICE: "notice of c" });
    const text = notices(root, ["@b/c", "a"]);
    expect(text).toBe(
      [
        "@b/c 1.0.0 ((BSD-3-Clause OR GPL-2.0))\n\nnotice of c\n\nlicence of c\n",
        "-".repeat(80),
        "\na 1.0.0 (MIT)\n\nlicence of a\n",
      ].join("\n"),
    );
  });

  test.each(["GPL-3.0-only", "MIT AND GPL-3.0-only", "UNLICENSED", undefined])(
    "are refused for one under %s",
    (license) => {
      writePackage("a", license, {});
      expect(() => notices(root, ["a"])).toThrow("a is under");
    },
  );
});
