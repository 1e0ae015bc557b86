/**
 * The corpus: one folder per section, in it `behaviours.yaml`, the list of what is promised, and files of exchanges that
 * prove it. A section may be proven by tests alone; then its folder holds only the list.
 */
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

/** Differences that are wanted, for one reason. */
export interface Decided {
  readonly reason: string;
  /** Where it is told by one way to Hawsepipe alone: behind kube-apiserver's aggregator, or without it. */
  readonly only?: "behind" | "direct";
  /** `section: name of the exchange` → what each server says: every text is in its answer. */
  readonly exchanges?: Readonly<Record<string, DecidedAnswers>>;
  /** File → what its tests are called, where no exchange can show it. */
  readonly tests?: Readonly<Record<string, readonly string[]>>;
  /** What kube-apiserver writes in more answers than can be listed, as a pattern; it is taken out of all about our kinds. */
  readonly leftOut?: string;
}

export interface DecidedAnswers {
  readonly kubernetes: readonly string[];
  readonly hawsepipe: readonly string[];
}

const folder = path.join(import.meta.dirname, "corpus");
const deployments = path.join(import.meta.dirname, "../modeldeployment/corpus");
const list = "behaviours.yaml";

/** Every file of exchanges about the synthetic kinds. */
export function readCorpus(): readonly Section[] {
  return readdirSync(folder)
    .sort()
    .flatMap((section) => readSection(section, path.join(folder, section)));
}

/** Every file of exchanges about ModelDeployments, each a section of its own. */
export const readDeploymentCorpus = (): readonly Section[] =>
  readSection("modeldeployment", deployments).map((file) => ({ ...file, section: file.name }));

function readSection(section: string, at: string): Section[] {
  return readdirSync(at)
    .filter((file) => file !== list)
    .sort()
    .map((file) => ({
      section,
      name: `${section}/${path.basename(file, ".yaml")}`,
      exchanges: parse(readFileSync(path.join(at, file), "utf8")) as Exchange[],
    }));
}

/** The differences that are wanted. */
export const readDecided = (): readonly Decided[] =>
  parse(readFileSync(path.join(import.meta.dirname, "decided.yaml"), "utf8")) as Decided[];
