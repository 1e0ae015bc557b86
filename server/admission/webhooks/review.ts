/** AdmissionReview v1: the request a webhook gets, and what its answer means. */
import { randomUUID } from "node:crypto";
import type { GroupVersionKind, GroupVersionResource } from "../../../api/meta/types.ts";
import { decodeJson } from "../../../machinery/json/decode.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject, setKey } from "../../../machinery/json/value.ts";
import type { JsonPatch } from "../../../machinery/patch/json-patch.ts";
import { jsonTypeName } from "../../../machinery/json/type-name.ts";
import { readJsonPatch } from "../../../machinery/patch/json-patch.ts";
import type { AdmissionAttributes } from "../plugin.ts";

/** The kind and resource an object is sent as, or was asked for as. */
export interface ReviewedKind {
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
}

export interface ReviewSubject {
  readonly sent: ReviewedKind;
  readonly requested: ReviewedKind;
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
}

/** The request part of a review without the objects, as match conditions see it too. */
export function requestOf(a: AdmissionAttributes, { sent, requested }: ReviewSubject): JsonObject {
  return {
    uid: randomUUID(),
    kind: { ...sent.kind },
    resource: { ...sent.resource },
    ...(a.subresource === "" ? {} : { subResource: a.subresource }),
    requestKind: { ...requested.kind },
    requestResource: { ...requested.resource },
    ...(a.subresource === "" ? {} : { requestSubResource: a.subresource }),
    ...(a.name === "" ? {} : { name: a.name }),
    ...(a.namespace === "" ? {} : { namespace: a.namespace }),
    operation: a.operation,
    userInfo: userOf(a),
    dryRun: a.dryRun,
    options: a.options,
  };
}

/** The whole review, ready to be sent. */
export function reviewOf(request: JsonObject, subject: ReviewSubject): JsonObject {
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: { ...request, object: subject.object ?? null, oldObject: subject.oldObject ?? null },
  };
}

function userOf({ user }: AdmissionAttributes): JsonObject {
  const extra: JsonObject = {};
  for (const [key, values] of Object.entries(user.extra ?? {})) setKey(extra, key, [...values]);
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** What a webhook answered. */
export interface Verdict {
  readonly isAllowed: boolean;
  /** Absent when nothing is to be changed. */
  readonly patch?: JsonPatch;
  /** What the patch is said to be. */
  readonly patchType?: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: ReadonlyMap<string, string>;
  /** The Status of a denial. */
  readonly status: JsonObject;
}

/** The answer is no answer to the review. */
export class InvalidAnswer extends Error {
  override readonly name = "InvalidAnswer";
}

/** The answer is no review at all. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/** The patch of the answer is none. */
export class UnreadablePatch extends Error {
  override readonly name = "UnreadablePatch";
}

/** Reads an answer; throws UnreadableAnswer, InvalidAnswer or UnreadablePatch. */
export function readVerdict(body: Buffer, uid: string, isMutating: boolean): Verdict {
  let review: JsonValue;
  try {
    review = decodeJson(body).value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnreadableAnswer(`couldn't get version/kind; json parse error: ${why}`);
  }
  if (getPath(review, "apiVersion") === "admission.k8s.io/v1beta1") {
    throw new UnreadableAnswer(
      "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion",
    );
  }
  const response = getPath(review, "response");
  if (!isObject(response)) throw new InvalidAnswer("webhook response was absent");
  checkIdentity(review, response, uid);
  const patch = patchOf(response, isMutating);
  const status = getKey(response, "status");
  return {
    isAllowed: getKey(response, "allowed") === true,
    ...(patch === undefined ? {} : { patch, patchType: textOf(getKey(response, "patchType")) }),
    warnings: textsOf(getKey(response, "warnings")),
    auditAnnotations: annotationsOf(getKey(response, "auditAnnotations")),
    status: isObject(status) ? status : {},
  };
}

function checkIdentity(review: JsonValue, response: JsonObject, uid: string): void {
  const answered = textOf(getKey(response, "uid"));
  if (answered !== uid) {
    throw new InvalidAnswer(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
  }
  const apiVersion = textOf(getPath(review, "apiVersion"));
  const kind = textOf(getPath(review, "kind"));
  if (apiVersion !== "admission.k8s.io/v1" || kind !== "AdmissionReview") {
    throw new InvalidAnswer(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`,
    );
  }
}

function patchOf(response: JsonObject, isMutating: boolean): JsonPatch | undefined {
  const patch = textOf(getKey(response, "patch"));
  const type = getKey(response, "patchType");
  const hasType = type !== undefined && type !== null;
  if (!isMutating) {
    if (patch !== "") throw new InvalidAnswer("validating webhook may not return response.patch");
    if (hasType) throw new InvalidAnswer("validating webhook may not return response.patchType");
    return undefined;
  }
  if (patch !== "" && !hasType) {
    throw new InvalidAnswer("webhook returned response.patch but not response.patchType");
  }
  if (patch === "" && hasType) {
    throw new InvalidAnswer("webhook returned response.patchType but not response.patch");
  }
  if (patch === "") return undefined;
  if (textOf(type) === "") throw new InvalidAnswer('webhook returned invalid response.patchType of ""');
  return decodePatch(Buffer.from(patch, "base64"));
}

function decodePatch(text: Buffer): JsonPatch {
  try {
    const { value } = decodeJson(text);
    if (value !== null && !Array.isArray(value)) {
      throw new Error(`json: cannot unmarshal ${jsonTypeName(value)} into Go value of type jsonpatch.Patch`);
    }
    return readJsonPatch(value, true);
  } catch (error) {
    throw new UnreadablePatch(error instanceof Error ? error.message : String(error));
  }
}

function annotationsOf(value: JsonValue | undefined): ReadonlyMap<string, string> {
  const annotations = isObject(value)
    ? Object.keys(value).map((key) => [key, getKey(value, key)] as const)
    : [];
  return new Map(
    annotations.flatMap(([key, text]) => (typeof text === "string" ? [[key, text] as const] : [])),
  );
}

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const textsOf = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
