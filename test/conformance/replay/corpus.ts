/** What is in the corpus: one folder per section, in it files of exchanges. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Exchange } from "./exchange.ts";

/** One file of exchanges; they run in order, in a namespace of their own. */
export interface Section {
  /** The folder. Names of exchanges are unique in it. */
  readonly section: string;
  /** Folder and file: "create/objects". */
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

/** A difference that is wanted. */
export interface Decided {
  /** `section: name of the exchange`. */
  readonly exchange: string;
  readonly reason: string;
}

const folder = path.join(import.meta.dirname, "corpus");

const read = (...parts: string[]): unknown => parse(readFileSync(path.join(folder, ...parts), "utf8"));

/** Every file of exchanges. */
export function readCorpus(): readonly Section[] {
  return readdirSync(folder)
    .sort()
    .flatMap((section) =>
      readdirSync(path.join(folder, section))
        .sort()
        .map((file) => ({
          section,
          name: `${section}/${path.basename(file, ".yaml")}`,
          exchanges: read(section, file) as Exchange[],
        })),
    );
}

/** The differences that are wanted, by the exchange that shows each. */
export function readDecided(): ReadonlyMap<string, Decided> {
  const text = readFileSync(path.join(import.meta.dirname, "decided.yaml"), "utf8");
  return new Map((parse(text) as Decided[]).map((entry) => [entry.exchange, entry]));
}
