/** The options of list, watch and deletecollection, read from the query and refused as kube-apiserver refuses them. */
import { goQuote } from "../../machinery/json/quote.ts";
import { badRequest, invalid } from "../../api/errors/catalogue.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { forbidden, notSupported } from "../../machinery/field/error.ts";
import type { FieldSelector } from "../../machinery/selectors/fields.ts";
import { parseFieldSelector } from "../../machinery/selectors/fields.ts";
import type { LabelSelector } from "../../machinery/selectors/labels.ts";
import { parseLabelSelector } from "../../machinery/selectors/labels.ts";
import type { Query } from "../http/query.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { readObject } from "../printers/read-object.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { messageOf } from "./decode-body.ts";

export interface ListOptions {
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly selection: Selection;
}

/** Which objects are meant. */
export interface Selection {
  readonly isEverything: boolean;
  matches(object: CachedObject): boolean;
}

/** Options that were read; whether the kind can be selected that way is asked later, when the form is known to be acceptable. */
export interface AskedOptions {
  /** Throws BadRequest for a field the kind cannot be selected by. */
  select(): ListOptions;
}

/** Reads and checks the options; `name` narrows to one object, as old watch paths and named deletions do. */
export function listOptions(version: ServedVersion, query: Query, isWatch: boolean, name = ""): AskedOptions {
  const limit = intParameter(query, "limit") ?? 0;
  const timeoutSeconds = intParameter(query, "timeoutSeconds");
  const sent = query.get("sendInitialEvents");
  const raw = {
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    match: query.get("resourceVersionMatch") ?? "",
    sendInitialEvents: sent === undefined ? undefined : query.flag("sendInitialEvents"),
  };
  const labels = parsed(query.get("labelSelector") ?? "", parseLabelSelector);
  const fields = parsed(query.get("fieldSelector") ?? "", parseFieldSelector);
  const errors = isWatch ? watchErrors(raw) : listErrors(raw);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  const options = {
    // A list that any cached state may answer is answered whole.
    limit: raw.resourceVersion === "0" ? 0 : Math.max(limit, 0),
    continue: raw.continue,
    resourceVersion: raw.resourceVersion,
    resourceVersionMatch: raw.match === "Exact" || raw.match === "NotOlderThan" ? raw.match : "",
    sendInitialEvents: raw.sendInitialEvents,
    allowWatchBookmarks: query.flag("allowWatchBookmarks"),
    timeoutSeconds,
  } as const;
  return {
    select: () => ({ ...options, selection: selectionOf(version, { labels, fields, name }) }),
  };
}

interface RawOptions {
  readonly continue: string;
  readonly resourceVersion: string;
  readonly match: string;
  readonly sendInitialEvents: boolean | undefined;
}

function listErrors(raw: RawOptions): FieldError[] {
  const errors: FieldError[] = [];
  const at = "resourceVersionMatch";
  if (raw.match !== "") {
    if (raw.resourceVersion === "") {
      errors.push(forbidden(at, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (raw.continue !== "") {
      errors.push(forbidden(at, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (raw.match !== "Exact" && raw.match !== "NotOlderThan") {
      errors.push(notSupported(at, raw.match, ["Exact", "NotOlderThan", ""]));
    }
    if (raw.match === "Exact" && raw.resourceVersion === "0") {
      errors.push(forbidden(at, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (raw.sendInitialEvents !== undefined) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(raw: RawOptions): FieldError[] {
  const errors: FieldError[] = [];
  const at = "resourceVersionMatch";
  // A watch from the present state counts as one with NotOlderThan.
  const isFromState = raw.resourceVersion === "" || raw.resourceVersion === "0";
  if (raw.sendInitialEvents !== undefined && raw.match !== "NotOlderThan") {
    errors.push(forbidden(at, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (raw.match !== "") {
    if (raw.sendInitialEvents === undefined) {
      errors.push(
        forbidden(at, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
      );
    }
    if (raw.match !== "NotOlderThan") errors.push(notSupported(at, raw.match, ["NotOlderThan"]));
  }
  if (raw.continue !== "" && (raw.match !== "" || isFromState)) {
    errors.push(forbidden(at, "resourceVersionMatch is forbidden when continue is provided"));
  }
  return errors;
}

/** An integer parameter; throws BadRequest in the words of strconv. */
function intParameter(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  }
  const value = BigInt(text.replace(/^\+/, ""));
  if (value > maxInt64 || value < -maxInt64 - 1n) {
    throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  }
  return Number(value);
}

const maxInt64 = 2n ** 63n - 1n;

interface Selectors {
  readonly labels: LabelSelector | undefined;
  readonly fields: FieldSelector | undefined;
  readonly name: string;
}

/** The labels and fields a request selects by. */
function selectionOf(version: ServedVersion, { labels, fields, name }: Selectors): Selection {
  for (const { field } of fields?.requirements ?? []) checkField(version, field);
  if (name !== "" && fields !== undefined && fields.exactMatch("metadata.name") !== name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  if (labels === undefined && fields === undefined && name === "") return everything;
  return {
    isEverything: false,
    matches: (object) =>
      (name === "" || object.name === name) &&
      (labels === undefined || matchesLabels(labels, object)) &&
      (fields === undefined || matchesFields(version, fields, object)),
  };
}

const everything: Selection = { isEverything: true, matches: () => true };

function parsed<T extends LabelSelector | FieldSelector>(
  text: string,
  parse: (text: string) => T,
): T | undefined {
  if (text === "") return undefined;
  let selector: T;
  try {
    selector = parse(text);
  } catch (error) {
    throw badRequest(messageOf(error), error);
  }
  return selector.requirements.length === 0 ? undefined : selector;
}

function checkField(version: ServedVersion, field: string): void {
  if (field === "metadata.name" || version.selectable.has(field)) return;
  if (field === "metadata.namespace" && version.resource.namespaced) return;
  throw badRequest(`field label not supported: ${field}`);
}

const matchesLabels = (selector: LabelSelector, object: CachedObject): boolean =>
  selector.matches((key) => object.labels.get(key));

function matchesFields(version: ServedVersion, selector: FieldSelector, object: CachedObject): boolean {
  return selector.matches((field) => {
    if (field === "metadata.name") return object.name;
    if (field === "metadata.namespace") return object.namespace;
    return selectableFields(version, object).get(field);
  });
}

function selectableFields(version: ServedVersion, object: CachedObject): ReadonlyMap<string, string> {
  return object.memo(
    `fields/${version.name}`,
    (cached) => {
      const read = readObject(version, cached);
      return new Map([...version.selectable].map(([field, value]) => [field, value(read)]));
    },
    weightOfFields,
  );
}

function weightOfFields(fields: ReadonlyMap<string, string>): number {
  let sum = 128;
  for (const value of fields.values()) sum += 64 + value.length;
  return sum;
}
