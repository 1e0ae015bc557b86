import { encodeJson } from "../json/encode.ts";
import { jsonTypeName } from "../json/type-name.ts";
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

const members: readonly string[] = ["op", "path", "from", "value"];

/**
 * Checks the shape of decoded JSON; answers the operations and the paths of members that are not known. A member of
 * another type than text is refused, or, when nobody asks for checks, as good as absent.
 */
export function readJsonPatch(
  value: JsonValue,
  isUnchecked = false,
): { operations: JsonPatch; unknown: string[] } {
  // Go reads null into a list as no items.
  if (value === null) return { operations: [], unknown: [] };
  if (!Array.isArray(value)) {
    throw new PatchError(
      `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const unknown: string[] = [];
  const operations = value.map((item, i): JsonPatchOperation => {
    if (item === null) return { op: "unknown" };
    if (!isObject(item)) {
      throw new PatchError(
        `json: cannot unmarshal ${jsonTypeName(item)} into Go value of type handlers.jsonPatchOp`,
      );
    }
    for (const key of Object.keys(item)) {
      if (!members.includes(key)) unknown.push(`json patch unknown field "[${String(i)}].${key}"`);
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
  return { operations, unknown };
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

function applyOperation(work: Work, operation: JsonPatchOperation): void {
  switch (operation.op) {
    case "add":
      add(find(work, operation.path), cloneJson(operation.value ?? null));
      return;
    case "replace":
      if (operation.path === "") work.root = requireContainer(cloneJson(operation.value ?? null));
      else replace(find(work, operation.path), cloneJson(operation.value ?? null));
      return;
    case "remove":
      remove(find(work, operation.path));
      return;
    case "move": {
      const source = find(work, operation.from);
      const moved = get(source) ?? null;
      remove(source);
      add(find(work, operation.path), moved);
      return;
    }
    case "copy": {
      const source = get(find(work, operation.from)) ?? null;
      const target = find(work, operation.path);
      work.copied += encodeJson(source).length;
      if (work.copied > maxCopiedBytes) throw new PatchError("the copies of the patch are too large");
      add(target, cloneJson(source));
      return;
    }
    case "test":
      test(work, operation);
      return;
    default:
      throw new PatchError(`unexpected kind: ${operation.op}`);
  }
}

const isContainer = (value: JsonValue | undefined): value is Container =>
  value !== undefined && (Array.isArray(value) || isObject(value));

function requireContainer(value: JsonValue): Container {
  if (!isContainer(value)) throw new PatchError("replace operation value must be object or array");
  return value;
}

/** A member of an object or an item of a list, there or not. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

const missing = (path: string): PatchError => new PatchError(`missing value at path ${JSON.stringify(path)}`);

/** Where a path leads; everything up to the last step has to be there. What stands before the first slash is left out. */
function find(work: Work, path: string | undefined): Place {
  const [, ...steps] = (path ?? "").split("/").map(unescape);
  const key = steps.pop();
  if (path === undefined || key === undefined) throw missing(path ?? "");
  let container: Container = work.root;
  for (const step of steps) {
    const next = get({ container, key: step });
    if (!isContainer(next)) throw missing(path);
    container = next;
  }
  return { container, key };
}

const unescape = (token: string): string =>
  token.replaceAll(/~[01]/g, (found) => (found === "~1" ? "/" : "~"));

/** What strconv.Atoi reads. */
const number = /^[+-]?[0-9]+$/;

function indexOf(key: string, size: number): number {
  if (!number.test(key)) throw new PatchError(`not an array index: ${JSON.stringify(key)}`);
  const given = Number(key);
  const at = given < 0 ? given + size : given;
  if (at < 0 || at >= size) throw new PatchError(`Unable to access invalid index: ${key}`);
  return at;
}

/** What is there; undefined for a member that is not. Throws for an item that is not. */
function get({ container, key }: Place): JsonValue | undefined {
  return Array.isArray(container) ? container[indexOf(key, container.length)] : getKey(container, key);
}

function add({ container, key }: Place, value: JsonValue): void {
  if (!Array.isArray(container)) setKey(container, key, value);
  else if (key === "-") container.push(value);
  else container.splice(indexOf(key, container.length + 1), 0, value);
}

/** An object need not have the member before. */
function replace({ container, key }: Place, value: JsonValue): void {
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else setKey(container, key, value);
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(indexOf(key, container.length), 1);
  else if (Object.hasOwn(container, key)) Reflect.deleteProperty(container, key);
  else throw missing(key);
}

/** A member that is not there equals null. */
function test(work: Work, { path, value }: JsonPatchOperation): void {
  if (path === undefined) throw missing("");
  const actual = path === "" ? work.root : (get(find(work, path)) ?? null);
  const isEqual =
    actual === null ? (value ?? null) === null : value !== undefined && equalJson(actual, value);
  if (!isEqual) throw new PatchError(`testing value ${path} failed`);
}
