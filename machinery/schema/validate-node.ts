import { invalid, required, typeInvalid } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { equalJson, getKey, isObject } from "../json/value.ts";
import { correlateItems, fieldSchema, isUnchanged } from "./correlate.ts";
import { formatCheck } from "./formats.ts";
import { compileCommon, compileNumber, compileString } from "./validate-scalar.ts";
import type { NestedValidation, Structural, ValueValidation } from "./structural.ts";
import type { ValidationRun } from "./validation-run.ts";

/**
 * Checks one value; adds errors to the run and answers how many checks held, by which a failed junctor picks the
 * alternative it explains. `old` is the value the same place had before an update, undefined when there was none.
 */
export type Check = (value: JsonValue, old: JsonValue | undefined, run: ValidationRun) => number;

/** What value validation needs to know of a node, whether structural or inside a junctor. */
interface NodeView {
  readonly types: readonly string[];
  readonly format: string | undefined;
  readonly nullable: boolean;
  readonly values: ValueValidation;
  readonly properties: ReadonlyMap<string, Structural | NestedValidation> | undefined;
  readonly additional: Structural | NestedValidation | undefined;
  readonly items: Structural | NestedValidation | undefined;
  /** What the schema declares at this place, also where a junctor says more about it: old values are found by it. */
  readonly declared: Structural | undefined;
}

/** The check of a structural node and everything below it. */
export function compileNode(s: Structural, isRoot = true): Check {
  return compileView(
    {
      types: s.intOrString === true ? ["integer", "string"] : s.type === undefined ? [] : [s.type],
      format: s.format,
      nullable: s.nullable === true,
      values: s.validation ?? {},
      properties: s.properties,
      additional: s.additionalProperties === true ? undefined : s.additionalProperties,
      items: s.items,
      declared: s,
    },
    (child) => compileNode(child, false),
    isRoot,
  );
}

function compileNested(v: NestedValidation, declared: Structural | undefined): Check {
  return compileView(
    {
      types: v.intOrString === true ? ["integer", "string"] : v.type === undefined ? [] : [v.type],
      format: v.format,
      nullable: false,
      values: v,
      properties: v.properties,
      additional: v.additionalProperties,
      items: v.items,
      declared,
    },
    (child, below) => compileNested(child as NestedValidation, below),
    false,
  );
}

type CompileChild = (child: Structural | NestedValidation, declared: Structural | undefined) => Check;

function compileView(view: NodeView, child: CompileChild, isRoot: boolean): Check {
  const checkType = compileType(view);
  const junctors = compileJunctors(view.values, view.declared);
  const string = compileString(view.values, view.format, view.types);
  const number = compileNumber(view.values);
  const common = compileCommon(view.values);
  const object = compileObject(view, child, isRoot);
  const array = compileArray(view, child);
  return (value, old, run) => {
    const before = run.errors.length;
    let held = 1 + checkType(value, run);
    if (value === null) return held + (common === undefined ? 0 : common(value, run));
    if (junctors !== undefined) held += junctors(value, old, run);
    if (typeof value === "string") held += string === undefined ? 1 : string(value, run);
    else if (typeof value === "number" || typeof value === "bigint")
      held += number === undefined ? 1 : number(value, run);
    else if (Array.isArray(value)) held += array === undefined ? 1 : array(value, old, run);
    else if (isObject(value)) held += object === undefined ? 1 : object(value, old, run);
    if (common !== undefined) held += common(value, run);
    // An update is not blamed for what was wrong before and did not change.
    if (run.errors.length > before && old !== undefined && isUnchanged(value, old, view.declared))
      run.errors.length = before;
    return held;
  };
}

const typeName = (value: JsonValue): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "bigint":
      return "integer";
    case "number":
      return Number.isSafeInteger(value) ? "integer" : "number";
    default:
      return typeof value;
  }
};

/** kube-apiserver takes a positive number for an integer when its fraction is next to nothing beside it. */
const isNearInteger = (value: number): boolean =>
  value >= 1 &&
  value <= Number.MAX_SAFE_INTEGER &&
  (value - Math.trunc(value)) / (value + Math.trunc(value)) < 1e-9;

/** What Go's decoder makes of JSON numbers. */
const formatNames: ReadonlyMap<string, string> = new Map([
  ["integer", "int64"],
  ["number", "float64"],
]);

function compileType(view: NodeView): (value: JsonValue, run: ValidationRun) => number {
  const { types, nullable } = view;
  if (types.length === 0) return () => 1;
  const allowed = new Set(types);
  if (allowed.has("number")) allowed.add("integer");
  const wanted = types.join(",");
  const hasFormat =
    view.format !== undefined && types.includes("string") && formatCheck(view.format) !== undefined;
  return (value, run) => {
    const name = typeName(value);
    if (allowed.has(name) || (name === "null" && nullable)) return 1;
    if (typeof value === "number" && allowed.has("integer") && isNearInteger(value)) return 1;
    // kube-apiserver takes any list for a text with a checked format.
    if (hasFormat && name === "array") return 1;
    const path = run.path();
    // With a checked format kube-apiserver names formats instead of types, except for null.
    const isFormat = hasFormat && name !== "null";
    const found = isFormat ? (formatNames.get(name) ?? "") : name;
    const due = isFormat ? view.format : wanted;
    run.add(
      typeInvalid(
        path === "" ? "<nil>" : path,
        found,
        `${path} in body must be of type ${due}: ${JSON.stringify(found)}`,
      ),
    );
    return 0;
  };
}

function compileObject(
  view: NodeView,
  child: CompileChild,
  isRoot: boolean,
): ((value: JsonObject, old: JsonValue | undefined, run: ValidationRun) => number) | undefined {
  const { minProperties, maxProperties, required: names } = view.values;
  const { declared } = view;
  const fields = new Map(
    [...(view.properties ?? [])].map(([key, s]) => [key, child(s, fieldSchema(declared, key))] as const),
  );
  const additional = declared?.additionalProperties;
  const other =
    view.additional === undefined
      ? undefined
      : child(view.additional, additional === true ? undefined : additional);
  const limits = minProperties !== undefined || maxProperties !== undefined;
  if (fields.size === 0 && other === undefined && !limits && names === undefined) return undefined;
  return (value, old, run) => {
    let held = 1;
    const keys = Object.keys(value);
    if (limits) checkPropertyCount(keys.length, view.values, run);
    const before = isObject(old) ? old : undefined;
    for (const key of keys) {
      const check = fields.get(key) ?? other;
      if (check === undefined) continue;
      // apiVersion and kind are set by conversion, so equality to the old ones says nothing.
      const was =
        before === undefined || (isRoot && (key === "apiVersion" || key === "kind"))
          ? undefined
          : getKey(before, key);
      run.enter(key);
      held += check(value[key] as JsonValue, was, run);
      run.leave();
    }
    for (const name of names ?? []) {
      if (Object.hasOwn(value, name)) continue;
      const path = run.path();
      run.add(required(path === "" ? name : `${path}.${name}`));
    }
    return held;
  };
}

function checkPropertyCount(count: number, values: ValueValidation, run: ValidationRun): void {
  const { minProperties, maxProperties } = values;
  if (minProperties !== undefined && count < minProperties) {
    const path = run.path();
    run.add(invalid(path, count, `${path} in body should have at least ${String(minProperties)} properties`));
  }
  if (maxProperties !== undefined && count > maxProperties) run.tooMany(count, maxProperties);
}

function compileArray(
  view: NodeView,
  child: CompileChild,
): ((value: JsonValue[], old: JsonValue | undefined, run: ValidationRun) => number) | undefined {
  const { minItems, maxItems, uniqueItems } = view.values;
  const { declared } = view;
  const item = view.items === undefined ? undefined : child(view.items, declared?.items);
  const keys = declared?.listType === "map" ? declared.listMapKeys : undefined;
  if (item === undefined && minItems === undefined && maxItems === undefined && uniqueItems !== true)
    return undefined;
  return (value, old, run) => {
    let held = 1;
    if (item !== undefined) {
      const correlated = correlateItems(old, keys);
      for (let i = 0; i < value.length; i++) {
        run.enter(i);
        held += item(value[i] as JsonValue, correlated?.(value[i] as JsonValue), run);
        run.leave();
      }
    }
    if (minItems !== undefined && value.length < minItems) {
      const path = run.path();
      run.add(invalid(path, value.length, `${path} in body should have at least ${String(minItems)} items`));
    }
    if (maxItems !== undefined && value.length > maxItems) run.tooMany(value.length, maxItems);
    if (uniqueItems === true && hasRepeats(value)) {
      const path = run.path();
      run.add(invalid(path, "", `${path} in body shouldn't contain duplicates`));
    }
    return held;
  };
}

function hasRepeats(items: readonly JsonValue[]): boolean {
  const scalars = new Set<JsonValue>();
  const compounds: JsonValue[] = [];
  for (const item of items) {
    if (typeof item === "object" && item !== null) {
      if (compounds.some((one) => equalJson(one, item))) return true;
      compounds.push(item);
    } else {
      if (scalars.has(item)) return true;
      scalars.add(item);
    }
  }
  return false;
}

type Junctor = (value: JsonValue, old: JsonValue | undefined, run: ValidationRun) => number;

function compileJunctors(values: ValueValidation, declared: Structural | undefined): Junctor | undefined {
  const parts: Junctor[] = [];
  const compile = (nested: NestedValidation): Check => compileNested(nested, declared);
  if (values.anyOf !== undefined && values.anyOf.length > 0) parts.push(anyOf(values.anyOf.map(compile)));
  if (values.oneOf !== undefined && values.oneOf.length > 0) parts.push(oneOf(values.oneOf.map(compile)));
  if (values.allOf !== undefined && values.allOf.length > 0) parts.push(allOf(values.allOf.map(compile)));
  if (values.not !== undefined) parts.push(not(compile(values.not)));
  if (parts.length === 0) return undefined;
  return (value, old, run) => parts.reduce((held, part) => held + part(value, old, run), 1);
}

const complain = (run: ValidationRun, what: string): void => {
  run.add(invalid("<nil>", "", `${JSON.stringify(run.path())} ${what}`));
};

/** Runs one alternative on the side; its errors are taken off the run again. */
function attempt(check: Check, value: JsonValue, old: JsonValue | undefined, run: ValidationRun) {
  const before = run.errors.length;
  const held = check(value, old, run);
  return { held, errors: run.errors.splice(before) };
}
type Attempt = ReturnType<typeof attempt>;

const better = (best: Attempt | undefined, next: Attempt): Attempt =>
  best === undefined || next.held > best.held ? next : best;

function anyOf(checks: readonly Check[]): Junctor {
  return (value, old, run) => {
    let best: Attempt | undefined;
    for (const check of checks) {
      const tried = attempt(check, value, old, run);
      if (tried.errors.length === 0) return tried.held;
      best = better(best, tried);
    }
    complain(run, "must validate at least one schema (anyOf)");
    run.errors.push(...(best?.errors ?? []));
    return best?.held ?? 0;
  };
}

function oneOf(checks: readonly Check[]): Junctor {
  return (value, old, run) => {
    let best: Attempt | undefined;
    const good: Attempt[] = [];
    for (const check of checks) {
      const tried = attempt(check, value, old, run);
      if (tried.errors.length === 0) good.push(tried);
      else if (good.length === 0) best = better(best, tried);
    }
    if (good.length === 1) return good[0]?.held ?? 0;
    const found = good.length === 0 ? "Found none valid" : `Found ${String(good.length)} valid alternatives`;
    complain(run, `must validate one and only one schema (oneOf). ${found}`);
    if (good.length === 0) run.errors.push(...(best?.errors ?? []));
    return good.length === 0 ? (best?.held ?? 0) : 0;
  };
}

function allOf(checks: readonly Check[]): Junctor {
  return (value, old, run) => {
    let held = 0;
    let valid = 0;
    for (const check of checks) {
      const before = run.errors.length;
      held += check(value, old, run);
      if (run.errors.length === before) valid++;
    }
    if (valid !== checks.length)
      complain(run, `must validate all the schemas (allOf)${valid === 0 ? ". None validated" : ""}`);
    return held;
  };
}

function not(check: Check): Junctor {
  return (value, old, run) => {
    if (attempt(check, value, old, run).errors.length === 0)
      complain(run, "must not validate the schema (not)");
    return 0;
  };
}
