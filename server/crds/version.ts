import type {
  PrinterColumn,
  ResourceVersionDefinition,
  ScaleSubresource,
} from "../../api/meta/resource-definition.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { duplicate, forbidden, invalid, required, tooMany } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { pruneDefaults } from "../../machinery/schema/defaults.ts";
import { parseStructural } from "../../machinery/schema/parse.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { compileFieldPath } from "../../machinery/cel/field-path.ts";
import { checkColumn } from "./column.ts";
import { checkCrdSchema } from "./schema-checks.ts";

/** Where a version stands, and what it shares with the others. */
export interface VersionContext {
  readonly at: FieldPath;
  readonly spec: FieldPath;
  readonly shared: ReadonlySet<string>;
  /** Shared parts are checked with the first version only. */
  readonly first: boolean;
}

/** One entry of `spec.versions`. */
export function loadVersion(
  version: JsonObject,
  context: VersionContext,
  errors: FieldError[],
): ResourceVersionDefinition {
  const { at } = context;
  const name = text(version, "name");
  const schema = loadSchema(version, context, errors);
  const warning = getKey(version, "deprecationWarning");
  const isDeprecated = getKey(version, "deprecated") === true;
  if (typeof warning === "string") checkWarning(warning, isDeprecated, at, errors);
  const selectable = loadSelectableFields(version, schema, context, errors);
  return {
    name,
    served: getKey(version, "served") === true,
    storage: getKey(version, "storage") === true,
    ...(isDeprecated ? { deprecated: true } : {}),
    ...(typeof warning === "string" ? { deprecationWarning: warning } : {}),
    schema,
    columns: loadColumns(version, context, errors),
    ...(selectable.length === 0 ? {} : { selectableFields: selectable }),
    ...loadSubresources(version, context, errors),
  };
}

const text = (object: JsonObject, key: string): string => {
  const value = getKey(object, key);
  return typeof value === "string" ? value : "";
};

/** Errors of a part all versions share are reported once, at the top of the spec. */
function partErrors(part: string, context: VersionContext, errors: FieldError[]): FieldError[] {
  return context.shared.has(part) && !context.first ? [] : errors;
}

function loadSchema(version: JsonObject, context: VersionContext, errors: FieldError[]): Structural {
  const raw = getPath(version, "schema", "openAPIV3Schema");
  const isShared = context.shared.has("schema");
  const at = (isShared ? context.spec.child("validation") : context.at.child("schema")).child(
    "openAPIV3Schema",
  );
  const own = partErrors("schema", context, errors);
  if (raw === undefined || raw === null) {
    errors.push(required(context.at.child("schema").child("openAPIV3Schema"), "schemas are required"));
    return { type: "object" };
  }
  const parsed = parseStructural(raw, at);
  own.push(...parsed.errors);
  if (parsed.schema.nullable === true)
    own.push(forbidden(at.child("nullable"), "nullable cannot be true at the root"));
  // What is wrong in structure would only be repeated, less clearly, by rules and defaults.
  if (parsed.errors.length === 0) own.push(...checkCrdSchema(parsed.schema, at));
  return pruneDefaults(parsed.schema);
}

function checkWarning(warning: string, isDeprecated: boolean, at: FieldPath, errors: FieldError[]): void {
  const below = at.child("deprecationWarning");
  if (!isDeprecated) errors.push(invalid(below, warning, "can only be set for deprecated versions"));
  else if (warning === "") errors.push(invalid(below, warning, "must not be an empty string"));
  else if (Buffer.byteLength(warning) > 256)
    errors.push(invalid(below, warning, "must be <= 256 characters in length"));
  else if (/[^\P{C}\t]/u.test(warning))
    errors.push(
      invalid(
        below,
        warning,
        "must only contain printable UTF-8 characters; non-printable character found at index",
      ),
    );
}

function loadColumns(version: JsonObject, context: VersionContext, errors: FieldError[]): PrinterColumn[] {
  const raw = getKey(version, "additionalPrinterColumns");
  if (!Array.isArray(raw)) return [];
  const part = "additionalPrinterColumns";
  const at = (context.shared.has(part) ? context.spec : context.at).child(part);
  const own = partErrors(part, context, errors);
  return raw.map((column, i) => checkColumn(isObject(column) ? column : {}, at.index(i), own));
}

function loadSubresources(
  version: JsonObject,
  context: VersionContext,
  errors: FieldError[],
): { readonly status?: true; readonly scale?: ScaleSubresource } {
  const raw = getKey(version, "subresources");
  if (!isObject(raw)) return {};
  const at = (context.shared.has("subresources") ? context.spec : context.at).child("subresources");
  const own = partErrors("subresources", context, errors);
  const scale = getKey(raw, "scale");
  return {
    ...(isObject(getKey(raw, "status")) ? { status: true } : {}),
    ...(isObject(scale) ? { scale: loadScale(scale, at, own) } : {}),
  };
}

const isBelow = (path: string, ...roots: readonly string[]): boolean =>
  roots.some((root) => path.startsWith(`${root}.`) && path.length > root.length + 1);

function loadScale(scale: JsonObject, at: FieldPath, errors: FieldError[]): ScaleSubresource {
  const [spec, status, selector] = ["specReplicasPath", "statusReplicasPath", "labelSelectorPath"].map(
    (key) => text(scale, key),
  );
  const below = (key: string): FieldPath => at.child("scale").child(key);
  if (spec === undefined || spec === "") errors.push(required(below("specReplicasPath")));
  else if (!isBelow(spec, ".spec"))
    errors.push(invalid(below("specReplicasPath"), spec, "should be a json path under .spec"));
  if (status === undefined || status === "") errors.push(required(below("statusReplicasPath")));
  else if (!isBelow(status, ".status"))
    errors.push(invalid(below("statusReplicasPath"), status, "should be a json path under .status"));
  if (selector !== undefined && selector !== "" && !isBelow(selector, ".spec", ".status"))
    errors.push(
      invalid(below("labelSelectorPath"), selector, "should be a json path under either .spec or .status"),
    );
  return {
    specReplicasPath: spec ?? "",
    statusReplicasPath: status ?? "",
    ...(selector === undefined || selector === "" ? {} : { labelSelectorPath: selector }),
  };
}

const maxSelectableFields = 8;

function loadSelectableFields(
  version: JsonObject,
  schema: Structural,
  context: VersionContext,
  errors: FieldError[],
): string[] {
  const raw = getKey(version, "selectableFields");
  if (!Array.isArray(raw)) return [];
  const part = "selectableFields";
  const at = (context.shared.has(part) ? context.spec : context.at).child(part);
  const own = partErrors(part, context, errors);
  const paths = raw.map((field) => (isObject(field) ? text(field, "jsonPath") : ""));
  const seen = new Set<string>();
  paths.forEach((path, i) => {
    const below = at.index(i).child("jsonPath");
    const problem = selectableProblem(path, schema);
    if (path === "") own.push(required(below));
    else if (problem !== undefined) own.push(invalid(below, path, problem));
    else if (seen.has(path)) own.push(duplicate(below, path));
    seen.add(path);
  });
  if (seen.size > maxSelectableFields) own.push(tooMany(at, seen.size, maxSelectableFields));
  return paths;
}

function selectableProblem(path: string, schema: Structural): string | undefined {
  if (/^\.metadata(\.|$)/.test(path)) return "must not point to fields in metadata";
  if (path.includes("[")) return "is an invalid path: array notation is not allowed";
  const found = compileFieldPath(path, schema);
  if ("error" in found) return `is an invalid path: ${found.error}`;
  const { type } = found.schema;
  return type === "string" || type === "boolean" || type === "integer"
    ? undefined
    : "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
}
