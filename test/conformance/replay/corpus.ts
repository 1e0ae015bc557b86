import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Exchange } from "./exchange.ts";

/** One file of exchanges; they run in order, in a namespace of their own. */
export interface Section {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

/** Every file of the corpus. */
export function readCorpus(): readonly Section[] {
  const folder = path.join(import.meta.dirname, "corpus");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({
      name: path.basename(file, ".yaml"),
      exchanges: parse(readFileSync(path.join(folder, file), "utf8")) as Exchange[],
    }));
}

/** The differences that are wanted: `section: name of the exchange` and why. */
export function readDecided(): ReadonlyMap<string, string> {
  const text = readFileSync(path.join(import.meta.dirname, "decided.yaml"), "utf8");
  const entries = parse(text) as { exchange: string; reason: string }[];
  return new Map(entries.map(({ exchange, reason }) => [exchange, reason]));
}
