/**
 * The webhook configurations of a cluster as the plugins use them: one Webhook per entry, with defaults filled in and
 * selectors and expressions compiled once. A part that cannot be compiled is remembered as the error it makes when used.
 */
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import type { LabelSelector } from "../../../machinery/selectors/labels.ts";
import { selectorFromObject } from "../../../machinery/selectors/labels.ts";
import type { AdmissionOperation } from "../plugin.ts";
import type { MatchCondition } from "./match-conditions.ts";
import { compileCondition } from "./match-conditions.ts";

/** What a webhook wants to be asked about. */
export interface Rule {
  readonly operations: readonly (AdmissionOperation | "*")[];
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  /** `res`, `res/sub`, `*`, `res/*`, and the like with a star on either side. */
  readonly resources: readonly string[];
  readonly scope: "*" | "Cluster" | "Namespaced";
}

/** Where a webhook is. */
export interface WebhookAddress {
  /** Without a query; for a service, its name inside the cluster. */
  readonly url: string;
  /** PEM; empty means the system's roots. */
  readonly caBundle: string;
}

export interface Webhook {
  /** Of the configuration object. */
  readonly configuration: string;
  readonly name: string;
  readonly address: WebhookAddress;
  readonly rules: readonly Rule[];
  readonly failurePolicy: "Fail" | "Ignore";
  readonly matchPolicy: "Exact" | "Equivalent";
  readonly namespaceSelector: LabelSelector | Error;
  readonly objectSelector: LabelSelector | Error;
  readonly matchConditions: readonly MatchCondition[];
  readonly allowsDryRun: boolean;
  readonly timeoutSeconds: number;
  readonly reviewVersions: readonly string[];
  readonly reinvokes: boolean;
}

/** The webhooks of one configuration, in its order. */
export function readWebhooks(configuration: KubeObject): readonly Webhook[] {
  const name = configuration.metadata.name ?? "";
  const entries = getKey(asJson(configuration), "webhooks");
  return (Array.isArray(entries) ? entries : []).filter(isObject).map((entry) => readWebhook(name, entry));
}

function readWebhook(configuration: string, entry: JsonObject): Webhook {
  const conditions = getKey(entry, "matchConditions");
  const sideEffects = text(getKey(entry, "sideEffects"));
  const timeout = getKey(entry, "timeoutSeconds");
  return {
    configuration,
    name: text(getKey(entry, "name")),
    address: readAddress(getKey(entry, "clientConfig")),
    rules: list(getKey(entry, "rules")).filter(isObject).map(readRule),
    failurePolicy: getKey(entry, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
    matchPolicy: getKey(entry, "matchPolicy") === "Exact" ? "Exact" : "Equivalent",
    namespaceSelector: readSelector(getKey(entry, "namespaceSelector")),
    objectSelector: readSelector(getKey(entry, "objectSelector")),
    matchConditions: list(conditions)
      .filter(isObject)
      .map((condition) => compileCondition(text(condition["name"]), text(condition["expression"]))),
    allowsDryRun: sideEffects === "None" || sideEffects === "NoneOnDryRun",
    timeoutSeconds: typeof timeout === "number" ? timeout : 10,
    reviewVersions: texts(getKey(entry, "admissionReviewVersions")),
    reinvokes: getKey(entry, "reinvocationPolicy") === "IfNeeded",
  };
}

/** One entry of `rules`. */
export function readRule(rule: JsonObject): Rule {
  const scope = getKey(rule, "scope");
  return {
    operations: texts(rule["operations"]) as Rule["operations"],
    groups: texts(rule["apiGroups"]),
    versions: texts(rule["apiVersions"]),
    resources: texts(rule["resources"]),
    scope: scope === "Cluster" || scope === "Namespaced" ? scope : "*",
  };
}

function readAddress(clientConfig: JsonValue | undefined): WebhookAddress {
  const caBundle = Buffer.from(text(getPath(clientConfig, "caBundle")), "base64").toString("utf8");
  const url = text(getPath(clientConfig, "url"));
  if (url !== "") return { url, caBundle };
  const service = getPath(clientConfig, "service");
  const port = getPath(service, "port");
  const path = text(getPath(service, "path"));
  const host = `${text(getPath(service, "name"))}.${text(getPath(service, "namespace"))}.svc`;
  return { url: `https://${host}:${String(typeof port === "number" ? port : 443)}${path}`, caBundle };
}

/** A label selector, or why it is none; an absent one selects everything here. */
export function readSelector(selector: JsonValue | undefined): LabelSelector | Error {
  try {
    return selectorFromObject(isObject(selector) ? selector : {});
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const texts = (value: JsonValue | undefined): readonly string[] =>
  list(value).filter((item) => typeof item === "string");
