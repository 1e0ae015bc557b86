import { sortFew } from "../json/sort-few.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { isObject, setKey } from "../json/value.ts";
import { emptySet, FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import { compareElements, decodePathElement } from "./path-element.ts";

/** The FieldsV1 form of a set: nested objects, `.` marking a node that is a member and has paths below it. */
export function encodeFieldsV1(set: FieldSet): JsonObject {
  return encodeNode(set, false);
}

function encodeNode(set: FieldSet, isMember: boolean): JsonObject {
  const out: JsonObject = {};
  if (isMember) out["."] = {};
  const elements = [...set.members];
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element);
  sortFew(elements, compareElements);
  for (const element of elements) {
    const child = set.children.get(element);
    setKey(out, element, child === undefined ? {} : encodeNode(child, set.members.has(element)));
  }
  return out;
}

/**
 * Reads FieldsV1. Elements of an unknown kind are left out; a malformed one throws PathElementError, and a node that
 * is no object a TypeError.
 */
export function decodeFieldsV1(fields: JsonValue): FieldSet {
  return decodeNode(fields).below;
}

function decodeNode(node: JsonValue): { below: FieldSet; isMember: boolean } {
  if (!isObject(node)) throw new TypeError("a node of fieldsV1 must be an object");
  let members: Set<PathElement> | undefined;
  let children: Map<PathElement, FieldSet> | undefined;
  let isMember = false;
  for (const key of Object.keys(node)) {
    if (key === ".") {
      isMember = true;
      continue;
    }
    const element = decodePathElement(key);
    if (element === undefined) continue;
    const child = decodeNode(node[key] as JsonValue);
    if (child.isMember) (members ??= new Set()).add(element);
    if (!child.below.isEmpty) (children ??= new Map()).set(element, child.below);
  }
  // A node without anything below is there because it is a member itself.
  if (members === undefined && children === undefined) return { below: emptySet, isMember: true };
  return { below: new FieldSet(members, children), isMember };
}
