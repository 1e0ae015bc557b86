import { describe, expect, test } from "vitest";
import type { JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import { FieldSet } from "./field-set.ts";
import type { FieldType } from "./field-type.ts";
import type { Managers } from "./managers.ts";
import { ConflictsError } from "./managers.ts";
import { merge } from "./merge.ts";
import type { Path } from "./path-element.ts";
import { fieldElement, printPath } from "./path-element.ts";
import { extractItems } from "./remove.ts";
import { loadCases } from "./testing/load-cases.ts";
import { loadTypes } from "./testing/schema-fixture.ts";
import type { Versions } from "./updater.ts";
import { Updater } from "./updater.ts";
import { checkType, printProblems } from "./validate.ts";

/** One write, by the manager named in the member that says what kind of write it is. */
interface Step {
  readonly apply?: string;
  readonly force?: string;
  readonly update?: string;
  /** Applies what the manager has in the live object, with the object merged in. */
  readonly extract?: string;
  /** Goes on with another schema for the same versions. */
  readonly schema?: string;
  readonly at: string;
  readonly object: JsonValue;
  readonly conflicts?: readonly string[];
}

interface Case {
  readonly name: string;
  readonly schema: string;
  readonly convert?: keyof typeof conversions;
  readonly ignored?: Readonly<Record<string, readonly string[]>>;
  readonly steps: readonly Step[];
  readonly error?: string;
  readonly object?: JsonValue;
  readonly objectAt?: string;
  readonly managed?: Readonly<Record<string, { at: string; applied: boolean; set: readonly string[] }>>;
}

interface Schema {
  /** The type of every version, or of each. */
  readonly type?: string;
  readonly at?: Readonly<Record<string, string>>;
  readonly types: JsonValue;
}

interface File {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly cases: readonly Case[];
}

/** How the kinds of the data convert: not at all, or by renaming fields after the version. */
const conversions = {
  none: (object: JsonValue): JsonValue => object,
  /** Field names end in their version: `countV1` at v1 is `countV2` at v2. */
  renaming: (object: JsonValue, from: string, to: string): JsonValue =>
    renameKeys(object, (key) => (key.endsWith(from) ? key.slice(0, -from.length) + to : key)),
  /** Field names repeat their letter as often as the version says: `aa` at v2; the root keeps its name. */
  repeating: (object: JsonValue, _from: string, to: string): JsonValue => {
    if (!isObject(object)) return object;
    const repeated = Object.entries(object).map(([key, below]): [string, JsonValue] => [
      key,
      renameKeys(below, (name) => (name[0] ?? "").repeat(Number(to.slice(1)))),
    ]);
    return Object.fromEntries(repeated);
  },
};

function renameKeys(value: JsonValue, rename: (key: string) => string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [rename(key), renameKeys(below, rename)]),
  );
}

class World {
  readonly #file: File;
  readonly #case: Case;
  readonly #updater: Updater;
  #schema: string;
  #version = "";
  live: JsonValue = null;
  managers: Managers = new Map();

  constructor(file: File, testCase: Case) {
    this.#file = file;
    this.#case = testCase;
    this.#schema = testCase.schema;
    const ignored = new Map(
      Object.entries(testCase.ignored ?? {}).map(([version, paths]) => [
        version,
        FieldSet.of(...paths.map(parsePath)),
      ]),
    );
    const versions: Versions = {
      typeOf: (version) => this.#typeOf(version),
      convert: (object, from, to) => this.#convert(object, from, to),
    };
    this.#updater = new Updater({
      versions,
      filter: (set, version) => set.recursiveDifference(ignored.get(version) ?? new FieldSet()),
    });
  }

  #typeOf(version: string): FieldType | undefined {
    const { type, at, types } = this.#file.schemas[this.#schema] as Schema;
    const name = type ?? at?.[version];
    return name === undefined || !/^v\d$/.test(version) ? undefined : loadTypes(types)(name);
  }

  #convert(object: JsonValue, from: string, to: string): JsonValue {
    return from === to ? object : conversions[this.#case.convert ?? "none"](object, from, to);
  }

  liveAt(version: string): JsonValue {
    return this.#version === "" ? this.live : this.#convert(this.live, this.#version, version);
  }

  run(step: Step): void {
    if (step.schema !== undefined) {
      this.#schema = step.schema;
      return;
    }
    this.live = this.liveAt(step.at);
    this.#version = step.at;
    const type = this.#typeOf(step.at) as FieldType;
    const problems = checkType(step.object, type, { allowDuplicates: step.update !== undefined });
    if (problems.length > 0) throw new Error(printProblems(problems));
    const write = { live: this.live, apiVersion: step.at, managers: this.managers };
    if (step.update !== undefined) {
      this.managers = this.#updater.update(step.object, { ...write, manager: step.update });
      this.live = step.object;
      return;
    }
    const manager = step.apply ?? step.force ?? step.extract ?? "";
    const object = step.extract === undefined ? step.object : this.#extracted(step, manager, type);
    const applied = this.#updater.apply(object, { ...write, manager }, step.apply === undefined);
    this.managers = applied.managers;
    this.live = applied.object ?? this.live;
  }

  #extracted(step: Step, manager: string, type: FieldType): JsonValue {
    if (this.live === null) return step.object;
    const owned = this.managers.get(manager);
    if (owned !== undefined && owned.apiVersion !== step.at)
      throw new Error("unable to extract another version");
    return (
      merge(extractItems(this.live, (owned?.set ?? new FieldSet()).leaves(), type), step.object, type) ?? null
    );
  }
}

const parsePath = (text: string): Path => text.slice(1).split(".").map(fieldElement);

function describeManagers(managers: Managers): NonNullable<Case["managed"]> {
  return Object.fromEntries(
    [...managers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([manager, { apiVersion, applied, set }]) => [
        manager,
        { at: apiVersion, applied, set: [...set.paths()].map(printPath) },
      ]),
  );
}

describe.each([
  "deduced",
  "duplicates",
  "extract-apply",
  "field-overrides",
  "ignore",
  "keys",
  "leaf",
  "multiple-appliers",
  "nested",
  "schema-change",
  "set",
  "versions",
])("writes: %s", (name) => {
  const file = loadCases(`merge-${name}.yaml`) as File;
  test.each(file.cases.map((item) => ({ says: item.name, item })))("$says", ({ item }) => {
    const world = new World(file, item);
    const run = (): void => {
      for (const step of item.steps) {
        const conflicts = runStep(world, step);
        expect(conflicts).toEqual(step.conflicts ?? []);
      }
    };
    if (item.error !== undefined) {
      expect(run).toThrow(item.error);
      return;
    }
    run();
    if (item.object !== undefined) {
      expect(world.liveAt(item.objectAt ?? "v1")).toStrictEqual(item.object);
    }
    expect(describeManagers(world.managers)).toEqual(item.managed);
  });
});

/** The conflicts of a step, which must not have changed what it was given. */
function runStep(world: World, step: Step): string[] {
  const inputs = { live: world.live, object: step.object };
  const before = structuredClone(inputs);
  try {
    world.run(step);
    return [];
  } catch (error) {
    if (!(error instanceof ConflictsError)) throw error;
    return error.conflicts.map(({ manager, path }) => `${manager}: ${printPath(path)}`).sort();
  } finally {
    expect(inputs).toEqual(before);
  }
}
