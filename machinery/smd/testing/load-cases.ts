import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** The content of a file of test data; the test knows what is in it. */
export function loadCases(file: string): unknown {
  const path = fileURLToPath(new URL(`../testdata/${file}`, import.meta.url));
  return parse(readFileSync(path, "utf8")) as unknown;
}
