/** The options of a deletion, from the body or, without one, from the query. */
import { goQuote } from "../../machinery/json/quote.ts";
import { badRequest, invalid as invalidError } from "../../api/errors/catalogue.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid, notSupported } from "../../machinery/field/error.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { jsonTypeName } from "../../machinery/json/type-name.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import type { ApiRequest } from "../http/api-request.ts";
import { bodyMediaType } from "../negotiation/content-type.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { messageOf } from "./decode-body.ts";
import { validateDryRun } from "./write-options.ts";

export type PropagationPolicy = "Background" | "Foreground" | "Orphan";

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy: PropagationPolicy | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  /** As admission sees them. */
  readonly asJson: JsonObject;
}

/** Reads and checks the options; throws BadRequest, UnsupportedMediaType or Invalid. */
export function deleteOptions(version: ServedVersion, request: ApiRequest): DeleteOptions {
  const raw =
    request.body.length > 0
      ? fromBody(version, request)
      : { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...fromQuery(request) };
  const policy = getKey(raw, "propagationPolicy");
  const orphan = getKey(raw, "orphanDependents");
  const given = getKey(raw, "dryRun");
  const dryRun = Array.isArray(given) ? given.filter((item) => typeof item === "string") : [];
  const errors: FieldError[] = [];
  if (policy !== undefined && policy !== null && orphan !== undefined && orphan !== null) {
    errors.push(
      invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"),
    );
  }
  if (policy !== undefined && policy !== null && !isPolicy(policy)) {
    errors.push(notSupported("propagationPolicy", policy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  errors.push(...validateDryRun(dryRun));
  if (errors.length > 0) throw invalidError({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    propagationPolicy: isPolicy(policy) ? policy : undefined,
    orphanDependents: typeof orphan === "boolean" ? orphan : undefined,
    preconditions: preconditionsOf(raw),
    asJson: raw,
  };
}

const isPolicy = (value: JsonValue | undefined): value is PropagationPolicy =>
  value === "Background" || value === "Foreground" || value === "Orphan";

function preconditionsOf(raw: JsonObject): DeleteOptions["preconditions"] {
  const given = getKey(raw, "preconditions");
  if (!isObject(given)) return {};
  const uid = getKey(given, "uid");
  const resourceVersion = getKey(given, "resourceVersion");
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
  };
}

function fromQuery(request: ApiRequest): JsonObject {
  const { query } = request;
  const out: JsonObject = {};
  const grace = query.get("gracePeriodSeconds");
  if (grace !== undefined) {
    if (!/^[+-]?[0-9]+$/.test(grace)) {
      throw badRequest(`strconv.ParseInt: parsing ${goQuote(grace)}: invalid syntax`);
    }
    out["gracePeriodSeconds"] = Number(grace);
  }
  const policy = query.get("propagationPolicy");
  if (policy !== undefined) out["propagationPolicy"] = policy;
  if (query.get("orphanDependents") !== undefined) out["orphanDependents"] = query.flag("orphanDependents");
  const uid = query.get("uid") ?? "";
  const resourceVersion = query.get("resourceVersion") ?? "";
  if (uid !== "" || resourceVersion !== "") {
    out["preconditions"] = {
      ...(uid === "" ? {} : { uid }),
      ...(resourceVersion === "" ? {} : { resourceVersion }),
    };
  }
  const dryRun = query.all("dryRun");
  if (dryRun.length > 0) out["dryRun"] = [...dryRun];
  return out;
}

function fromBody(version: ServedVersion, request: ApiRequest): JsonObject {
  const value = decodeText(request);
  if (value !== null && !isObject(value)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const raw = value ?? {};
  for (const field of ["apiVersion", "kind"]) {
    const text = getKey(raw, field) ?? "";
    if (typeof text === "string") continue;
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(text)} into Go struct field .${field} of type string`,
    );
  }
  checkKind(version, raw);
  checkTypes(raw);
  return { ...raw, kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1" };
}

function decodeText(request: ApiRequest): JsonValue {
  const mediaType = bodyMediaType(request.header("content-type"));
  try {
    return mediaType === "yaml" ? decodeYaml(request.body).value : decodeJson(request.body).value;
  } catch (error) {
    const prefix = mediaType === "yaml" ? "" : "couldn't get version/kind; json parse error: ";
    throw badRequest(prefix + messageOf(error), error);
  }
}

/** Every group has DeleteOptions: `v1`, `meta.k8s.io/v1` and the group of the resource are all the same. */
function checkKind(version: ServedVersion, raw: JsonObject): void {
  const kind = getKey(raw, "kind") ?? "DeleteOptions";
  const apiVersion = getKey(raw, "apiVersion") ?? version.apiVersion;
  if (kind === "DeleteOptions" || kind === "") {
    const { group } = parseApiVersion(typeof apiVersion === "string" ? apiVersion : "");
    if (group === "" || group === "meta.k8s.io" || group === version.gvk.group) return;
  }
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

const types: ReadonlyMap<string, { readonly is: (value: JsonValue) => boolean; readonly go: string }> =
  new Map([
    ["gracePeriodSeconds", { is: (v) => typeof v === "number" && Number.isInteger(v), go: "int64" }],
    ["propagationPolicy", { is: (v) => typeof v === "string", go: "v1.DeletionPropagation" }],
    ["orphanDependents", { is: (v) => typeof v === "boolean", go: "bool" }],
    ["preconditions", { is: (v) => isObject(v), go: "v1.Preconditions" }],
    ["dryRun", { is: (v) => Array.isArray(v), go: "[]string" }],
  ]);

function checkTypes(raw: JsonObject): void {
  for (const [field, type] of types) {
    const value = getKey(raw, field);
    if (value === undefined || value === null || type.is(value)) continue;
    const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw badRequest(
      `json: cannot unmarshal ${what} into Go struct field DeleteOptions.${field} of type ${type.go}`,
    );
  }
}
