/** PATCH: computes the next object from the stored one, again for each attempt, so races never reach the client. */
import type { ApiError } from "../../api/errors/api-error.ts";
import { goQuote } from "../../machinery/json/quote.ts";
import { badRequest, invalid, requestEntityTooLarge, unprocessable } from "../../api/errors/catalogue.ts";
import { checkMetadata } from "../../api/meta/decode-meta.ts";
import { invalid as invalidField } from "../../machinery/field/error.ts";
import type { DecodedJson } from "../../machinery/json/decode.ts";
import { decodeJson, isTooDeep } from "../../machinery/json/decode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import type { JsonPatch } from "../../machinery/patch/json-patch.ts";
import {
  applyJsonPatch,
  isKnownToPatch,
  PatchError,
  readJsonPatch,
} from "../../machinery/patch/json-patch.ts";
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts";
import { applyStrategicPatch } from "../../machinery/patch/strategic-patch.ts";
import type { ApiResponse } from "../http/api-request.ts";
import type { PatchType } from "../negotiation/content-type.ts";
import { patchTypeOf } from "../negotiation/content-type.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { handleApply } from "./apply.ts";
import { messageOf, shapeObject } from "./decode-body.ts";
import { matchIdentity, matchNamespace, requireName } from "./identity.ts";
import { patchLiterals, patchedText } from "./patched-text.ts";
import type { Scope } from "./scope.ts";
import { textOf, whyNoObject, whyNoType } from "./type-meta.ts";
import { updateObject } from "./update-object.ts";
import type { FieldValidation } from "./write-options.ts";
import { writeOptions } from "./write-options.ts";

const maxOperations = 10_000;

/** PATCH of an object or of its `/status`. */
export async function handlePatch(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const type = patchTypeOf(
    request.header("content-type"),
    version.resource.definition.strategicMerge === true,
  );
  if (scope.name === "") throw badRequest("name must be provided");
  const form = formOf(request);
  const options = writeOptions(request, "PatchOptions", type === "apply");
  if (type === "apply") return handleApply(scope, options, form);
  // An object that is not there is told before a patch that cannot be read.
  let patch: Patch | undefined;
  const outcome = await updateObject(scope, {
    options,
    next: (current) => {
      const read = (patch ??= readPatch(request.body, type, options.fieldValidation));
      const patched = applyPatch(scope, read, current);
      const text = (): string => patchedText(scope, read, current);
      return shapePatched(scope, { patched, strict: read.strict, text }, options.fieldValidation);
    },
  });
  return respondObject(version, outcome.object, { request, form, now: deps.clock.now() });
}

/** A decoded patch with the bytes it was; `strict` is what strict validation refuses in the patch itself. */
export type Patch = { readonly strict: readonly string[]; readonly body: Buffer } & (
  | { readonly type: "json"; readonly operations: JsonPatch }
  /** A list takes the place of the object, which then is none: that is told when the result is read. */
  | { readonly type: "merge"; readonly patch: JsonObject | JsonValue[] }
  | { readonly type: "strategic"; readonly patch: JsonObject }
);

/** Decodes the body of a patch; throws BadRequest or RequestEntityTooLarge. */
export function readPatch(
  body: Buffer,
  type: Exclude<PatchType, "apply">,
  mode: FieldValidation = "Warn",
): Patch {
  // Without field validation kube-apiserver leaves the reading to the library that applies the patch.
  const isUnchecked = mode === "Ignore";
  const wrong = (error: unknown): Error => {
    if (isUnchecked) {
      const why = messageOf(error).replace("[]handlers.jsonPatchOp", "jsonpatch.Patch");
      return badRequest(
        type === "json" ? why.replace("handlers.jsonPatchOp", "jsonpatch.Operation") : "Invalid JSON Patch",
        error,
      );
    }
    return badRequest(`error decoding patch: ${messageOf(error)}`, error);
  };
  let value: JsonValue;
  let problems: DecodedJson["problems"];
  try {
    ({ value, problems } = decodeJson(body, type === "json" ? { isKnown: isKnownToPatch } : {}));
  } catch (error) {
    throw wrong(error);
  }
  const ofPatch = type === "json" ? "json patch " : "";
  const strict = problems.map(({ what, path }) => `${ofPatch}${what} field ${goQuote(path)}`);
  if (type !== "json") {
    if (value !== null && !isObject(value)) {
      if (isUnchecked && type === "merge" && Array.isArray(value))
        return { type, patch: value, strict, body };
      if (isUnchecked) throw badRequest("Invalid JSON Patch");
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${typeName(value)} into Go value of type map[string]interface {}`,
      );
    }
    if (value === null) throw badRequest("Invalid JSON Patch");
    return { type, patch: value, strict, body };
  }
  let operations: JsonPatch;
  try {
    operations = readJsonPatch(value, isUnchecked);
  } catch (error) {
    throw wrong(error);
  }
  if (operations.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  return { type, operations, strict, body };
}

/** The patched document; what cannot be applied is Invalid without details, as in kube-apiserver. */
export function applyPatch(scope: Scope, patch: Patch, document: JsonObject): JsonObject {
  let patched: JsonValue;
  try {
    // kube-apiserver compares the text of what is tested, digits and escapes included.
    if (patch.type === "json" && patch.operations.some(({ op }) => op === "test"))
      patchLiterals(patch, document);
    patched =
      patch.type === "json"
        ? applyJsonPatch(
            document,
            patch.operations.filter(({ op }) => op !== "test"),
          )
        : patch.type === "merge"
          ? applyMergePatch(isObject(patch.patch) ? document : undefined, patch.patch)
          : applyStrategicPatch(document, patch.patch, scope.version.definition.schema);
  } catch (error) {
    if (error instanceof PatchError) throw unprocessable();
    throw error;
  }
  if (typeof patched !== "object" || patched === null || isTooDeep(withoutManagedFields(patched)))
    throw unprocessable();
  if (Array.isArray(patched)) throw noObjectAfter(patchedText(scope, patch, document), whyNoObject(patched));
  return patched;
}

/** What a patch made cannot be read; kube-apiserver gives this error no kind. */
const noObjectAfter = (text: string, why: string): ApiError =>
  invalid({ group: "", kind: "" }, "", [invalidField("patch", text, why)]);

/** Managed fields are a few levels deeper than the object they speak of. */
function withoutManagedFields(object: JsonValue): JsonValue {
  if (!isObject(object)) return object;
  const metadata = getKey(object, "metadata");
  if (!isObject(metadata)) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}

/** Makes the patched document an object of the version and reports what strict validation refuses. */
function shapePatched(
  scope: Scope,
  after: {
    readonly patched: JsonObject;
    readonly strict: readonly string[];
    /** The document as a refusal shows it. */
    readonly text: () => string;
  },
  mode: FieldValidation,
): JsonObject {
  const { version, request } = scope;
  const { patched, text } = after;
  const refused = (why: string): ApiError => noObjectAfter(text(), why);
  const noType = whyNoType(patched);
  if (noType !== undefined) throw refused(noType);
  if (textOf(patched, "kind") === "") throw refused(`Object 'Kind' is missing in '${text()}'`);
  const [wrong] = checkMetadata(patched).errors;
  if (wrong !== undefined) throw refused(wrong);
  if (getKey(patched, "apiVersion") === null)
    throw refused(".apiVersion accessor error: <nil> is of the type <nil>, expected string");
  const { object, strict } = shapeObject(version, patched, after.strict, refused);
  if (strict.length > 0 && mode === "Strict") throw refused(`strict decoding error: ${strict.join(", ")}`);
  if (mode === "Warn") for (const problem of strict) request.warn(problem);
  matchNamespace(scope, object);
  requireName(scope, object);
  matchIdentity(scope, object);
  return object;
}

function typeName(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" ? "number" : typeof value;
}
