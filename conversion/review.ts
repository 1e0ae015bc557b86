/**
 * The ConversionReview codec of apiextensions.k8s.io/v1: a review with a request in, a review with a response out.
 * Pure; transport and authentication belong to the server that mounts it.
 */
import { parseApiVersion } from "../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../machinery/json/value.ts";
import { incompleteness } from "./lossless.ts";
import { conversionOf } from "./registry.ts";

const reviewApiVersion = "apiextensions.k8s.io/v1";

/** What is to be sent back: a review, or a message saying why the body is no review at all (a bad request). */
export type ReviewAnswer =
  { readonly review: JsonObject; readonly warnings: readonly string[] } | { readonly badRequest: string };

/**
 * Answers a ConversionReview, as work that can be left after each object. A conversion that cannot be done is a review with
 * result.status Failure.
 */
export function* conversionReviewWork(body: JsonValue): Generator<undefined, ReviewAnswer, undefined> {
  if (!isObject(body) || getKey(body, "kind") !== "ConversionReview")
    return { badRequest: "expected a ConversionReview" };
  const apiVersion = getKey(body, "apiVersion");
  if (apiVersion !== reviewApiVersion) {
    return { badRequest: `expected ConversionReview ${reviewApiVersion}, got ${JSON.stringify(apiVersion)}` };
  }
  const uid = getPath(body, "request", "uid");
  const desired = getPath(body, "request", "desiredAPIVersion");
  const objects = getPath(body, "request", "objects");
  if (typeof uid !== "string" || uid === "") return { badRequest: "request.uid is required" };
  if (typeof desired !== "string" || desired === "")
    return { badRequest: "request.desiredAPIVersion is required" };
  if (!Array.isArray(objects)) return { badRequest: "request.objects must be a list" };

  const warnings: string[] = [];
  const converted: JsonValue[] = [];
  for (const [i, object] of objects.entries()) {
    const outcome = convertOne(object, desired);
    if ("failure" in outcome) {
      return answer(
        { uid, result: { status: "Failure", message: `objects[${String(i)}]: ${outcome.failure}` } },
        [],
      );
    }
    converted.push(outcome.object);
    warnings.push(...outcome.warnings);
    yield;
  }
  return answer({ uid, convertedObjects: converted, result: { status: "Success" } }, warnings);
}

/** An answer in JSON, in pieces, as work that can be left after each object. */
export function* encodeConversionReview(
  review: JsonObject,
  encode: (value: JsonValue) => string,
): Generator<undefined, readonly Buffer[], undefined> {
  const response = getKey(review, "response");
  const objects = getPath(response, "convertedObjects");
  if (!isObject(response) || !Array.isArray(objects)) return [Buffer.from(encode(review))];
  const { convertedObjects: _objects, ...others } = response;
  const envelope = encode({ ...review, response: others });
  const pieces = [Buffer.from(`${envelope.slice(0, -"}}".length)},"convertedObjects":[`)];
  for (const [i, object] of objects.entries()) {
    pieces.push(Buffer.from(`${i === 0 ? "" : ","}${encode(object)}`));
    yield;
  }
  pieces.push(Buffer.from("]}}"));
  return pieces;
}

const answer = (response: JsonObject, warnings: readonly string[]): ReviewAnswer => ({
  review: { apiVersion: reviewApiVersion, kind: "ConversionReview", response },
  warnings,
});

type Outcome =
  { readonly object: JsonObject; readonly warnings: readonly string[] } | { readonly failure: string };

function convertOne(object: JsonValue, desiredApiVersion: string): Outcome {
  if (!isObject(object)) return { failure: "is not an object" };
  const apiVersion = getKey(object, "apiVersion");
  const kind = getKey(object, "kind");
  if (typeof apiVersion !== "string" || typeof kind !== "string")
    return { failure: "apiVersion and kind are required" };
  const from = parseApiVersion(apiVersion);
  const to = parseApiVersion(desiredApiVersion);
  const conversion = conversionOf(from.group, kind);
  if (conversion === undefined) return { failure: `no conversion for ${kind}.${from.group}` };
  if (from.group !== to.group) return { failure: `${apiVersion} cannot become ${desiredApiVersion}` };
  for (const { version } of [from, to]) {
    if (!conversion.versions.includes(version)) return { failure: `${kind} has no version ${version}` };
  }
  const converted = conversion.convert(object, to.version);
  // What is left of an object must not take the place of the whole.
  const gap = to.version === conversion.hub ? incompleteness(converted.object) : undefined;
  return gap === undefined ? converted : { failure: `${gap.path}: ${gap.detail}` };
}
