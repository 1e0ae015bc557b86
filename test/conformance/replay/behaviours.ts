/**
 * What is promised: one list of behaviours for each section, `behaviours.yaml` in its folder of the corpus. A behaviour
 * is proven by the exchanges that name it, and by tests where an exchange cannot show it.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Decided, Section } from "./corpus.ts";

/** One promise. Its name is that of its section and its own: "create/generate-name". */
export interface Behaviour {
  readonly name: string;
  /** 1: kubectl, the cluster's own controllers and informers need it; 2: GitOps, policy, autoscaling and migration do. */
  readonly priority: 1 | 2;
  readonly says: string;
  /** File → what its tests are called. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
}

/** An exchange that proves a behaviour. */
export interface Proof {
  /** File of the corpus: "create/objects". */
  readonly file: string;
  readonly exchange: string;
  /** Whether the servers answer it differently, as was decided. */
  readonly isDecided: boolean;
}

const folder = path.join(import.meta.dirname, "corpus");
const list = "behaviours.yaml";

/** Every behaviour, section by section in the order of the lists. */
export function readBehaviours(): readonly Behaviour[] {
  return readdirSync(folder)
    .sort()
    .filter((section) => readdirSync(path.join(folder, section)).includes(list))
    .flatMap((section) => {
      const text = readFileSync(path.join(folder, section, list), "utf8");
      const entries = parse(text) as (Omit<Behaviour, "tests"> & Partial<Behaviour>)[];
      return entries.map((entry) => ({
        ...entry,
        name: `${section}/${entry.name}`,
        tests: entry.tests ?? {},
      }));
    });
}

/** Behaviour → the exchanges that name it. */
export function proofs(
  corpus: readonly Section[],
  decided: readonly Decided[],
): ReadonlyMap<string, readonly Proof[]> {
  const differing = new Set(decided.flatMap(({ exchanges = {} }) => Object.keys(exchanges)));
  const found = new Map<string, Proof[]>();
  for (const { section, name: file, exchanges } of corpus) {
    for (const { name, proves = [] } of exchanges) {
      const proof = { file, exchange: name, isDecided: differing.has(`${section}: ${name}`) };
      for (const behaviour of [proves].flat()) {
        found.set(behaviour, [...(found.get(behaviour) ?? []), proof]);
      }
    }
  }
  return found;
}
