/**
 * A patch as kube-apiserver applies it: to text. What was sent keeps its digits and escapes, which is what a test compares
 * and what a refusal shows; everybody else works with the values.
 */
import { encodeJson } from "../../machinery/json/encode.ts";
import { decodeLiterals, encodeLiterals } from "../../machinery/json/literals.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts";
import { applyStrategicPatch } from "../../machinery/patch/strategic-patch.ts";
import type { Patch } from "./patch.ts";
import type { Scope } from "./scope.ts";

/** The patched document as a refusal shows it. */
export function patchedText({ version }: Scope, patch: Patch, document: JsonObject): string {
  return patch.type === "strategic"
    ? encodeJson(applyStrategicPatch(document, patch.patch, version.definition.schema))
    : encodeLiterals(patchLiterals(patch, document));
}

/** The document with its scalars as they are written, patched with such as were sent. Throws PatchError. */
export function patchLiterals(
  patch: Exclude<Patch, { readonly type: "strategic" }>,
  document: JsonObject,
): JsonValue {
  const literals = decodeLiterals(encodeJson(document));
  const sent = decodeLiterals(patch.body);
  if (patch.type === "merge") return applyMergePatch(isObject(sent) ? literals : undefined, sent);
  const operands = Array.isArray(sent) ? sent : [];
  const operations = patch.operations.map((operation, i) => {
    const item = operands[i];
    const value = isObject(item) ? getKey(item, "value") : undefined;
    return value === undefined ? operation : { ...operation, value };
  });
  return applyJsonPatch(literals, operations);
}
