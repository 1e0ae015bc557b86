import { describe, expect, test } from "vitest";
import type { JsonValue } from "../json/value.ts";
import { compare } from "./compare.ts";
import type { FieldSet } from "./field-set.ts";
import type { FieldType } from "./field-type.ts";
import { decodeFieldsV1 } from "./fields-v1.ts";
import { merge } from "./merge.ts";
import { printPath } from "./path-element.ts";
import { extractItems, removeItems } from "./remove.ts";
import { reconcileWithSchema } from "./schema-sets.ts";
import { loadCases } from "./testing/load-cases.ts";
import { loadTypes } from "./testing/schema-fixture.ts";
import { toFieldSet } from "./to-field-set.ts";
import { checkType, printProblems } from "./validate.ts";

interface Group {
  readonly name: string;
  readonly root: string;
  readonly types: JsonValue;
}
const typeOf = ({ types, root }: Group): FieldType => loadTypes(types)(root);
const paths = (set: FieldSet): string[] => [...set.paths()].map(printPath);
const show = (value: JsonValue | undefined): string => JSON.stringify(value);

interface WithCases<T> extends Group {
  readonly cases: readonly T[];
}
/** Runs one test per case of every group in the file. */
function eachCase<T>(
  file: string,
  title: (item: T) => string,
  run: (item: T, type: FieldType) => void,
): void {
  for (const group of loadCases(file) as WithCases<T>[]) {
    const type = typeOf(group);
    describe(group.name, () => {
      test.each(group.cases.map((item) => ({ says: title(item), item })))("$says", ({ item }) => {
        run(item, type);
      });
    });
  }
}

describe("merge", () => {
  interface Case {
    whole: JsonValue;
    partial: JsonValue;
    merged: JsonValue;
  }
  eachCase<Case>(
    "typed-merge.yaml",
    ({ whole, partial }) => `${show(whole)} with ${show(partial)}`,
    ({ whole, partial, merged }, type) => {
      expect(merge(whole, partial, type)).toStrictEqual(merged);
    },
  );
});

describe("compare", () => {
  interface Case {
    before: JsonValue;
    after: JsonValue;
    removed: string[];
    modified: string[];
    added: string[];
  }
  eachCase<Case>(
    "typed-compare.yaml",
    ({ before, after }) => `${show(before)} to ${show(after)}`,
    ({ before, after, removed, modified, added }, type) => {
      const there = compare(before, after, type);
      expect(paths(there.removed)).toStrictEqual(removed);
      expect(paths(there.modified)).toEqual(modified);
      expect(paths(there.added)).toEqual(added);
      const back = compare(after, before, type);
      expect(paths(back.removed)).toEqual(added);
      expect(paths(back.modified)).toEqual(modified);
      expect(paths(back.added)).toStrictEqual(removed);
    },
  );
});

describe("toFieldSet", () => {
  eachCase<{ object: JsonValue; set: string[] }>(
    "typed-field-set.yaml",
    ({ object }) => show(object),
    ({ object, set }, type) => {
      expect(paths(toFieldSet(object, type))).toEqual(set);
    },
  );
});

describe("removeItems and extractItems", () => {
  interface Case {
    object: JsonValue;
    items: string;
    removed?: JsonValue;
    extracted?: JsonValue;
  }
  eachCase<Case>(
    "typed-remove.yaml",
    ({ object, items }) => `${items} of ${show(object)}`,
    ({ object, items, removed, extracted }, type) => {
      const set = decodeFieldsV1(JSON.parse(items) as JsonValue);
      if (removed !== undefined) expect(removeItems(object, set, type)).toStrictEqual(removed);
      if (extracted !== undefined) expect(extractItems(object, set, type)).toStrictEqual(extracted);
    },
  );
});

describe("reconcileWithSchema", () => {
  eachCase<{ owned: string; reconciled: string[] }>(
    "typed-reconcile.yaml",
    ({ owned }) => owned,
    ({ owned, reconciled }, type) => {
      const set = decodeFieldsV1(JSON.parse(owned) as JsonValue);
      const result = reconcileWithSchema(set, type);
      if (reconciled.length > 0) expect(paths(result)).toEqual(reconciled);
      else expect(result).toBe(set);
    },
  );
});

describe("checkType", () => {
  interface Problematic {
    readonly object: JsonValue;
    readonly problem: string;
  }
  interface Case extends Group {
    readonly valid: readonly JsonValue[];
    readonly invalid: readonly Problematic[];
    readonly duplicates: readonly Problematic[];
  }
  for (const group of loadCases("typed-validate.yaml") as Case[]) {
    const type = typeOf(group);
    describe(group.name, () => {
      test.each(group.valid.map((object) => ({ says: show(object), object })))(
        "takes $says",
        ({ object }) => {
          expect(checkType(object, type)).toEqual([]);
        },
      );
      test.each(group.invalid.map((item) => ({ says: show(item.object), ...item })))(
        "refuses $says",
        ({ object, problem }) => {
          expect(printProblems(checkType(object, type))).toBe(problem);
          expect(checkType(object, type, { allowDuplicates: true })).not.toEqual([]);
        },
      );
      test.each(group.duplicates.map((item) => ({ says: show(item.object), ...item })))(
        "takes $says only where duplicates are allowed",
        ({ object, problem }) => {
          expect(printProblems(checkType(object, type))).toBe(problem);
          expect(checkType(object, type, { allowDuplicates: true })).toEqual([]);
        },
      );
    });
  }
});
