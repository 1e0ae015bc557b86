/** ValidatingAdmissionPolicies and their bindings as the plugin uses them: read once, expressions compiled once. */
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import type { LabelSelector } from "../../../machinery/selectors/labels.ts";
import { readRule, readSelector } from "../webhooks/webhook.ts";
import type { Rule } from "../webhooks/webhook.ts";
import type { PolicyExpression } from "./expressions.ts";
import { PolicyCompiler } from "./expressions.ts";

export interface NamedRule extends Rule {
  /** Empty means all. */
  readonly resourceNames: readonly string[];
}

/** Which writes a policy or a binding is about. */
export interface MatchResources {
  readonly namespaceSelector: LabelSelector | Error;
  readonly objectSelector: LabelSelector | Error;
  readonly rules: readonly NamedRule[];
  readonly excludeRules: readonly NamedRule[];
  readonly matchPolicy: "Exact" | "Equivalent";
}

export interface Validation {
  readonly expression: PolicyExpression;
  readonly message: string;
  readonly messageExpression: PolicyExpression | undefined;
  /** Empty means Invalid. */
  readonly reason: string;
}

/** What kind of object a policy takes parameters from. */
export interface ParamKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Which of them a binding gives it: one by name, or all a selector matches. */
export interface ParamRef {
  readonly name: string;
  readonly namespace: string;
  readonly selector: LabelSelector | Error | undefined;
  readonly notFoundAction: "Allow" | "Deny";
}

export interface Policy {
  readonly name: string;
  readonly failurePolicy: "Fail" | "Ignore";
  /** Undefined where the policy has none, which is an error of its own. */
  readonly constraints: MatchResources | undefined;
  readonly paramKind: ParamKind | undefined;
  readonly compiler: PolicyCompiler;
  readonly matchConditions: readonly PolicyExpression[];
  readonly validations: readonly Validation[];
  readonly auditAnnotations: readonly { readonly key: string; readonly expression: PolicyExpression }[];
}

export interface Binding {
  readonly name: string;
  readonly policyName: string;
  /** Undefined: wherever the policy applies. */
  readonly matchResources: MatchResources | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly actions: readonly string[];
}

/** Reads and compiles a policy; an expression that does not compile makes an error whenever it is evaluated. */
export function readPolicy(object: KubeObject): Policy {
  const spec = getKey(asJson(object), "spec");
  const entries = (key: string): readonly JsonObject[] => objects(getPath(spec, key));
  const paramKind = getPath(spec, "paramKind");
  const variables = entries("variables").map((entry) => ({
    name: textAt(entry, "name"),
    expression: textAt(entry, "expression"),
  }));
  const compiler = new PolicyCompiler(variables, isObject(paramKind));
  return {
    name: object.metadata.name ?? "",
    failurePolicy: getPath(spec, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
    constraints: readMatchResources(getPath(spec, "matchConstraints")),
    paramKind: isObject(paramKind)
      ? { apiVersion: textAt(paramKind, "apiVersion"), kind: textAt(paramKind, "kind") }
      : undefined,
    compiler,
    matchConditions: entries("matchConditions").map((entry) =>
      compiler.compile(textAt(entry, "expression"), "bool"),
    ),
    validations: entries("validations").map((entry) => readValidation(compiler, entry)),
    auditAnnotations: entries("auditAnnotations").map((entry) => ({
      key: textAt(entry, "key"),
      expression: compiler.compile(textAt(entry, "valueExpression"), "string", "null"),
    })),
  };
}

function readValidation(compiler: PolicyCompiler, entry: JsonObject): Validation {
  const messageExpression = textAt(entry, "messageExpression");
  return {
    expression: compiler.compile(textAt(entry, "expression"), "bool"),
    message: textAt(entry, "message").trim(),
    messageExpression: messageExpression === "" ? undefined : compiler.compile(messageExpression, "string"),
    reason: textAt(entry, "reason"),
  };
}

/** Reads a binding. */
export function readBinding(object: KubeObject): Binding {
  const spec = getKey(asJson(object), "spec");
  const actions = getPath(spec, "validationActions");
  return {
    name: object.metadata.name ?? "",
    policyName: textAt(spec, "policyName"),
    matchResources: readMatchResources(getPath(spec, "matchResources")),
    paramRef: readParamRef(getPath(spec, "paramRef")),
    actions: Array.isArray(actions) ? actions.filter((action) => typeof action === "string") : [],
  };
}

function readParamRef(value: JsonValue | undefined): ParamRef | undefined {
  if (!isObject(value)) return undefined;
  const selector = getKey(value, "selector");
  return {
    name: textAt(value, "name"),
    namespace: textAt(value, "namespace"),
    selector: isObject(selector) ? readSelector(selector) : undefined,
    notFoundAction: getKey(value, "parameterNotFoundAction") === "Deny" ? "Deny" : "Allow",
  };
}

function readMatchResources(value: JsonValue | undefined): MatchResources | undefined {
  if (!isObject(value)) return undefined;
  return {
    namespaceSelector: readSelector(getKey(value, "namespaceSelector")),
    objectSelector: readSelector(getKey(value, "objectSelector")),
    rules: objects(getKey(value, "resourceRules")).map(readNamedRule),
    excludeRules: objects(getKey(value, "excludeResourceRules")).map(readNamedRule),
    matchPolicy: getKey(value, "matchPolicy") === "Exact" ? "Exact" : "Equivalent",
  };
}

function readNamedRule(rule: JsonObject): NamedRule {
  const names = getKey(rule, "resourceNames");
  return {
    ...readRule(rule),
    resourceNames: Array.isArray(names) ? names.filter((name) => typeof name === "string") : [],
  };
}

const objects = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

function textAt(value: JsonValue | undefined, key: string): string {
  const text = getPath(value, key);
  return typeof text === "string" ? text : "";
}
