import { encodeJson } from "../json/encode.ts";
import { jsonTypeName } from "../json/type-name.ts";
import type { JsonPath } from "../json/parser.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject, setKey } from "../json/value.ts";
import { PatchError } from "./patch-error.ts";

/**
 * JSON Patch (RFC 6902). A patch is applied to a copy as a whole or not at all. Keys are own keys only, so neither
 * `__proto__` nor `constructor` reach anything that is not data.
 */
export type JsonPatch = readonly JsonPatchOperation[];

export interface JsonPatchOperation {
  readonly op: string;
  /** Absent: the operation fails when its turn comes. */
  readonly path?: string;
  readonly from?: string;
  readonly value?: JsonValue;
}

export { PatchError } from "./patch-error.ts";

const members: readonly (string | number | undefined)[] = ["op", "path", "from", "value"];

/** Whether a patch may have the key: an operation has four, and what is in its value is the document's business. */
export const isKnownToPatch = (path: JsonPath): boolean => path.length !== 2 || members.includes(path[1]);

/**
 * Checks the shape of decoded JSON. A member of another type than text is refused, or, when nobody asks for checks, as
 * good as absent.
 */
export function readJsonPatch(value: JsonValue, isUnchecked = false): JsonPatch {
  // Go reads null into a list as no items.
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new PatchError(
      `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  return value.map((item): JsonPatchOperation => {
    if (item === null) return { op: "unknown" };
    if (!isObject(item)) {
      throw new PatchError(
        `json: cannot unmarshal ${jsonTypeName(item)} into Go value of type handlers.jsonPatchOp`,
      );
    }
    const text = (key: string): string | undefined => {
      const member = getKey(item, key) ?? undefined;
      if (member === undefined || typeof member === "string") return member;
      if (isUnchecked) return undefined;
      throw new PatchError(
        `json: cannot unmarshal ${jsonTypeName(member)} into Go struct field jsonPatchOp.${key} of type string`,
      );
    };
    const operand = getKey(item, "value");
    const [op = "", path, from] = [text("op"), text("path"), text("from")];
    return {
      op,
      ...(path === undefined ? {} : { path }),
      ...(from === undefined ? {} : { from }),
      ...(operand === undefined ? {} : { value: operand }),
    };
  });
}

/** What the copies of one patch may add up to; a few copies of copies would otherwise fill any memory. */
const maxCopiedBytes = 3 * 1024 * 1024;

type Container = JsonObject | JsonValue[];

/** What is patched; the root may be replaced. */
interface Work {
  root: Container;
  copied: number;
}

/**
 * The patched document; `document` is not changed. Throws PatchError when any operation fails. Where the library of
 * kube-apiserver goes beyond the RFC this does, too: indices may be negative, counted from the end, and written with a
 * sign or zeros in front; a copy of a member that is not there is null; a path need not begin with a slash.
 */
export function applyJsonPatch(document: JsonValue, patch: JsonPatch): JsonValue {
  if (!isContainer(document)) throw new PatchError("only objects and lists can be patched");
  const work: Work = { root: cloneJson(document), copied: 0 };
  for (const operation of patch) applyOperation(work, operation);
  return work.root;
}

/** The errors are worded as that library words them: admission webhooks' patches show them to the user. */
function applyOperation(work: Work, operation: JsonPatchOperation): void {
  const { op, value = null } = operation;
  switch (op) {
    case "add":
      add(target(work, operation, op), cloneJson(value));
      return;
    case "replace":
      if (operation.path === "") work.root = requireContainer(cloneJson(value));
      else replace(target(work, operation, op), cloneJson(value));
      return;
    case "remove": {
      const place = target(work, operation, op);
      within(`error in remove for path: '${place.path}'`, () => {
        remove(place);
      });
      return;
    }
    case "move": {
      const source = origin(work, operation, op);
      const moved = within(`error in move for path: '${source.key}'`, () => {
        const found = get(source) ?? null;
        remove(source);
        return found;
      });
      add(target(work, operation, op), moved);
      return;
    }
    case "copy": {
      const from = origin(work, operation, op);
      const source = within(`error in copy for from: '${from.path}'`, () => get(from) ?? null);
      const to = target(work, operation, op);
      work.copied += encodeJson(source).length;
      if (work.copied > maxCopiedBytes) throw new PatchError("the copies of the patch are too large");
      add(to, cloneJson(source));
      return;
    }
    case "test":
      test(work, operation);
      return;
    default:
      throw new PatchError(`Unexpected kind: ${op}`);
  }
}

/** What goes wrong is told with what was being done. */
function within<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatchError) throw new PatchError(`${what}: ${error.message}`);
    throw error;
  }
}

const isContainer = (value: JsonValue | undefined): value is Container =>
  value !== undefined && (Array.isArray(value) || isObject(value));

function requireContainer(value: JsonValue): Container {
  if (isContainer(value)) return value;
  throw new PatchError("replace operation value must be object or array: %!w(<nil>)");
}

/** A member of an object or an item of a list, there or not. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

/** A place an operation names, and how. */
interface NamedPlace extends Place {
  readonly path: string;
  readonly op: string;
}

/** Where a path leads; everything up to the last step has to be there. What stands before the first slash is left out. */
function find(work: Work, path: string): Place | undefined {
  const [, ...steps] = path.split("/").map(unescape);
  const key = steps.pop();
  if (key === undefined) return undefined;
  let container: Container = work.root;
  for (const step of steps) {
    const next = lookUp({ container, key: step });
    if (!isContainer(next)) return undefined;
    container = next;
  }
  return { container, key };
}

const quotesPath = new Set(["add", "remove"]);
const tellsMissing = new Set(["add", "remove", "copy"]);

/** The place the path of an operation leads to. */
function target(work: Work, { path }: JsonPatchOperation, op: string): NamedPlace {
  if (path === undefined) {
    const why = tellsMissing.has(op) ? "missing value" : "operation missing path field: missing value";
    throw new PatchError(`${op} operation failed to decode path: ${why}`);
  }
  const place = find(work, path);
  if (place !== undefined) return { ...place, path, op };
  const what = op === "move" || op === "copy" ? "destination path" : "path";
  const named = quotesPath.has(op) ? `"${path}"` : path;
  const doc = op === "test" ? "is" : "doc is";
  throw new PatchError(`${op} operation does not apply: ${doc} missing ${what}: ${named}: missing value`);
}

/** The place something is moved or copied from. */
function origin(work: Work, { from }: JsonPatchOperation, op: string): NamedPlace {
  if (from === undefined) {
    throw new PatchError(
      `${op} operation failed to decode from: operation, missing from field: missing value`,
    );
  }
  const place = find(work, from);
  if (place !== undefined) return { ...place, path: from, op };
  throw new PatchError(`${op} operation does not apply: doc is missing from path: ${from}: missing value`);
}

const unescape = (token: string): string =>
  token.replaceAll(/~[01]/g, (found) => (found === "~1" ? "/" : "~"));

/** What strconv.Atoi reads. */
const number = /^[+-]?[0-9]+$/;

function indexOf(key: string, size: number): number {
  if (!number.test(key)) throw new PatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const given = Number(key);
  const at = given < 0 ? given + size : given;
  if (at < 0 || at >= size) {
    throw new PatchError(`Unable to access invalid index: ${String(given)}: invalid index referenced`);
  }
  return at;
}

/** What is there; undefined for a member that is not. Throws for an item that is not. */
function get({ container, key }: Place): JsonValue | undefined {
  return Array.isArray(container) ? container[indexOf(key, container.length)] : getKey(container, key);
}

/** What is there; undefined for an item that is not, too. */
function lookUp(place: Place): JsonValue | undefined {
  try {
    return get(place);
  } catch {
    return undefined;
  }
}

function add({ container, key, path, op }: NamedPlace, value: JsonValue): void {
  if (!Array.isArray(container)) setKey(container, key, value);
  else if (key === "-") container.push(value);
  else {
    const doing =
      op === "copy" ? "error while adding value during copy" : `error in ${op} for path: '${path}'`;
    within(doing, () => {
      if (!number.test(key)) {
        const why = `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
        throw new PatchError(`value was not a proper array index: '${key}': ${why}`);
      }
      container.splice(indexOf(key, container.length + 1), 0, value);
    });
  }
}

/** An object need not have the member before. */
function replace(place: NamedPlace, value: JsonValue): void {
  const { container, key, path } = place;
  if (!Array.isArray(container)) {
    setKey(container, key, value);
    return;
  }
  if (lookUp(place) === undefined) {
    throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  }
  container[indexOf(key, container.length)] = value;
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(indexOf(key, container.length), 1);
  else if (Object.hasOwn(container, key)) Reflect.deleteProperty(container, key);
  else throw new PatchError(`Unable to remove nonexistent key: ${key}: missing value`);
}

/** A member that is not there equals null. */
function test(work: Work, operation: JsonPatchOperation): void {
  const { path, value } = operation;
  let actual: JsonValue = work.root;
  if (path !== "") {
    const place = target(work, operation, "test");
    actual = within(`error in test for path: '${place.path}'`, () => get(place) ?? null);
  }
  const isEqual =
    actual === null ? (value ?? null) === null : value !== undefined && equalJson(actual, value);
  if (!isEqual) throw new PatchError(`testing value ${path ?? ""} failed: test failed`);
}
