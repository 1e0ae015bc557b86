import { encodeJson } from "../json/encode.ts";
import { jsonTypeName } from "../json/type-name.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject, setKey } from "../json/value.ts";
import { PatchError } from "./patch-error.ts";
import { parsePointer } from "./pointer.ts";

/**
 * JSON Patch (RFC 6902). A patch is applied to a copy as a whole or not at all. Keys are own keys only, so neither
 * `__proto__` nor `constructor` reach anything that is not data.
 */
export type JsonPatch = readonly JsonPatchOperation[];

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: JsonValue;
}

export { PatchError } from "./patch-error.ts";

const members: readonly string[] = ["op", "path", "from", "value"];

/** Checks the shape of decoded JSON; answers the operations and the paths of members that are not known. */
export function readJsonPatch(value: JsonValue): { operations: JsonPatch; unknown: string[] } {
  // Go reads null into a list as no items.
  if (value === null) return { operations: [], unknown: [] };
  if (!Array.isArray(value)) {
    throw new PatchError(
      `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const unknown: string[] = [];
  const operations = value.map((item, i) => {
    if (!isObject(item)) {
      throw new PatchError(
        `json: cannot unmarshal ${jsonTypeName(item)} into Go value of type handlers.jsonPatchOp`,
      );
    }
    for (const key of Object.keys(item)) {
      if (!members.includes(key)) unknown.push(`json patch unknown field "[${String(i)}].${key}"`);
    }
    const text = (key: string): string => {
      const member = getKey(item, key) ?? "";
      if (typeof member === "string") return member;
      throw new PatchError(
        `json: cannot unmarshal ${jsonTypeName(member)} into Go struct field jsonPatchOp.${key} of type string`,
      );
    };
    const operand = getKey(item, "value");
    return {
      op: text("op"),
      path: text("path"),
      ...(Object.hasOwn(item, "from") ? { from: text("from") } : {}),
      ...(operand === undefined ? {} : { value: operand }),
    };
  });
  return { operations, unknown };
}

/** What the copies of one patch may add up to; a few copies of copies would otherwise fill any memory. */
const maxCopiedBytes = 3 * 1024 * 1024;

/** The patched document; `document` is not changed. Throws PatchError when any operation fails. */
export function applyJsonPatch(document: JsonValue, patch: JsonPatch): JsonValue {
  // A box around the document makes the root an ordinary member.
  const box: JsonObject = { root: cloneJson(document) };
  const budget = { copied: 0 };
  for (const operation of patch) applyOperation(box, operation, budget);
  return getKey(box, "root") ?? null;
}

function applyOperation(box: JsonObject, operation: JsonPatchOperation, budget: { copied: number }): void {
  const path = ["root", ...parsePointer(operation.path)];
  switch (operation.op) {
    case "add":
      add(box, path, cloneJson(valueOf(operation)));
      return;
    case "replace":
      replace(box, path, cloneJson(valueOf(operation)));
      return;
    case "remove":
      remove(box, path);
      return;
    case "move": {
      const from = sourceOf(operation);
      if (path.length > from.length && from.every((token, i) => token === path[i])) {
        throw new PatchError(`cannot move ${JSON.stringify(operation.from ?? "")} into itself`);
      }
      const moved = read(box, from);
      remove(box, from);
      add(box, path, moved);
      return;
    }
    case "copy": {
      const source = read(box, sourceOf(operation));
      budget.copied += encodeJson(source).length;
      if (budget.copied > maxCopiedBytes) throw new PatchError("the copies of the patch are too large");
      add(box, path, cloneJson(source));
      return;
    }
    case "test":
      test(box, path, operation);
      return;
    default:
      throw new PatchError(`unexpected kind: ${operation.op}`);
  }
}

function valueOf(operation: JsonPatchOperation): JsonValue {
  // The library kube-apiserver uses takes an absent value for null.
  return operation.value ?? null;
}

function sourceOf(operation: JsonPatchOperation): string[] {
  if (operation.from === undefined) throw new PatchError(`${operation.op} operation has no from`);
  return ["root", ...parsePointer(operation.from)];
}

const missing = (path: readonly string[]): PatchError =>
  new PatchError(`missing value at path ${JSON.stringify(`/${path.slice(1).join("/")}`)}`);

const index = /^(0|[1-9][0-9]*)$/;

function indexOf(token: string, length: number, path: readonly string[]): number {
  const at = index.test(token) ? Number(token) : -1;
  if (at < 0 || at >= length) throw missing(path);
  return at;
}

function child(container: JsonValue, token: string, path: readonly string[]): JsonValue {
  if (Array.isArray(container)) return container[indexOf(token, container.length, path)] as JsonValue;
  const value = isObject(container) ? getKey(container, token) : undefined;
  if (value === undefined) throw missing(path);
  return value;
}

function read(box: JsonObject, path: readonly string[]): JsonValue {
  let at: JsonValue = box;
  for (const token of path) at = child(at, token, path);
  return at;
}

function parentOf(
  box: JsonObject,
  path: readonly string[],
): { parent: JsonObject | JsonValue[]; last: string } {
  const parent = read(box, path.slice(0, -1));
  if (!Array.isArray(parent) && !isObject(parent)) throw missing(path);
  return { parent, last: path.at(-1) ?? "" };
}

function add(box: JsonObject, path: readonly string[], value: JsonValue): void {
  const { parent, last } = parentOf(box, path);
  if (!Array.isArray(parent)) {
    setKey(parent, last, value);
    return;
  }
  parent.splice(last === "-" ? parent.length : indexOf(last, parent.length + 1, path), 0, value);
}

function replace(box: JsonObject, path: readonly string[], value: JsonValue): void {
  const { parent, last } = parentOf(box, path);
  // The library kube-apiserver uses does not ask whether an object has the member.
  if (!isObject(parent)) child(parent, last, path);
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else setKey(parent, last, value);
}

function remove(box: JsonObject, path: readonly string[]): void {
  if (path.length === 1) throw new PatchError("cannot remove the whole document");
  const { parent, last } = parentOf(box, path);
  child(parent, last, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent, last);
}

function test(box: JsonObject, path: readonly string[], operation: JsonPatchOperation): void {
  const expected = operation.value ?? null;
  let actual: JsonValue;
  try {
    actual = read(box, path);
  } catch (error) {
    // Like kube-apiserver's library: a missing member of an existing object equals null.
    if (expected !== null || !(error instanceof PatchError) || !isObject(parentOf(box, path).parent))
      throw error;
    actual = null;
  }
  if (!equalJson(actual, expected)) {
    throw new PatchError(`testing value ${operation.path} failed`);
  }
}
