/**
 * The cluster's ValidatingAdmissionPolicies, applied to the kinds of this server: all policies in force by name, each
 * with its bindings by name; the first denial in that order is the one that is answered.
 */
import { ApiError } from "../../../api/errors/api-error.ts";
import type { StatusReason } from "../../../api/errors/api-error.ts";
import { notFound } from "../../../api/errors/catalogue.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ResourceRegistry } from "../../registry/resource-registry.ts";
import type { ServedResource } from "../../registry/served-resource.ts";
import { nameIn } from "../name-in.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import { untilSynced } from "../until-synced.ts";
import { requestOf } from "../webhooks/review.ts";
import { servedVersions, subjectIn } from "../webhooks/subject.ts";
import { evaluatePolicy } from "./evaluate.ts";
import type { Failure, PolicyResult } from "./evaluate.ts";
import type { PolicyInput } from "./expressions.ts";
import type { MatchOptions } from "./matching.ts";
import { matchVersion } from "./matching.ts";
import type { ParamSource } from "./params.ts";
import type { Binding, Policy } from "./policy.ts";
import type { BoundPolicy, PolicySource } from "./source.ts";

export interface PoliciesPluginOptions {
  readonly source: PolicySource;
  /** The kinds this server serves. */
  readonly registry: Pick<ResourceRegistry, "resource">;
  /** Undefined when there is no such namespace. */
  readonly namespaceLabels: (name: string) => Promise<Readonly<Record<string, string>> | undefined>;
  /** The whole Namespace; undefined when there is none. */
  readonly namespaceObject: (name: string) => Promise<JsonObject | undefined>;
  readonly params: ParamSource;
  readonly clock: Clock;
}

interface Denial {
  readonly message: string;
  readonly reason: string;
}

/** The plugin. */
export function validatingPolicies(options: PoliciesPluginOptions): AdmissionPlugin {
  const { source } = options;
  const resourceOf = (a: AdmissionAttributes): ServedResource => {
    const resource = options.registry.resource(a.resource.group, a.resource.resource);
    if (resource === undefined) throw new Error(`${a.resource.resource} is not served`);
    return resource;
  };
  return {
    name: "ValidatingAdmissionPolicy",
    handles: () => !source.hasSynced || source.policies.length > 0,
    async validate(a) {
      await untilSynced(source, options.clock, a);
      const resource = resourceOf(a);
      const denials: Denial[] = [];
      for (const bound of source.policies) {
        denials.push(...(await judge(bound, a, { ...options, resource })));
      }
      const [first] = denials;
      if (first !== undefined) throw refusal(first, a);
    },
  };
}

interface Judging extends PoliciesPluginOptions {
  readonly resource: ServedResource;
}

async function judge(
  { policy, bindings }: BoundPolicy,
  a: AdmissionAttributes,
  options: Judging,
): Promise<readonly Denial[]> {
  const matching = { ...options, servedVersions: servedVersions(options.resource, a.subresource) };
  const version = await policyVersion(policy, a, matching);
  if (version instanceof Error) return misconfigured(policy, undefined, version);
  if (version === undefined) return [];
  const denials: Denial[] = [];
  const annotations = new Annotations();
  let inputs: Inputs | undefined;
  for (const binding of bindings) {
    const params = await paramsFor(binding, policy, { a, matching });
    if (params instanceof Error) {
      denials.push(...misconfigured(policy, binding, params));
      continue;
    }
    for (const param of params) {
      inputs ??= await inputsOf(a, version, options);
      const { main, inConditions } = inputs;
      const result = evaluatePolicy(policy, { ...main, params: param }, { ...inConditions, params: param });
      denials.push(...act(result, { policy, binding, a }));
      for (const { key, value } of result.annotations) annotations.add(key, value);
    }
  }
  annotations.publish(policy.name, a);
  return denials;
}

async function policyVersion(
  { constraints }: Policy,
  a: AdmissionAttributes,
  options: MatchOptions,
): Promise<string | undefined | Error> {
  if (constraints === undefined) {
    return new Error("policy contained no match constraints, a required field");
  }
  return matchVersion(constraints, a, options).catch(asError);
}

/** The parameters to evaluate with, one after another; null is none. Empty where the binding is about other writes. */
async function paramsFor(
  { matchResources, paramRef }: Binding,
  { paramKind }: Policy,
  {
    a,
    matching,
  }: { readonly a: AdmissionAttributes; readonly matching: MatchOptions & Pick<Judging, "params"> },
): Promise<readonly (JsonObject | null)[] | Error> {
  try {
    if (matchResources !== undefined && (await matchVersion(matchResources, a, matching)) === undefined)
      return [];
    if (paramKind === undefined || paramRef === undefined) return [null];
    return await matching.params(paramKind, paramRef, a.namespace);
  } catch (error) {
    return asError(error);
  }
}

/** For validations, and for match conditions, which know no namespace. */
interface Inputs {
  readonly main: Omit<PolicyInput, "params">;
  readonly inConditions: Omit<PolicyInput, "params">;
}

async function inputsOf(
  a: AdmissionAttributes,
  version: string,
  { resource, namespaceObject }: Judging,
): Promise<Inputs> {
  const namespace = a.namespace === "" ? null : await namespaceObject(a.namespace);
  if (namespace === undefined) throw notFound({ group: "", resource: "namespaces" }, a.namespace);
  const subject = subjectIn(a, resource, version);
  const { object, oldObject, sent, requested } = subject;
  const asSent = { ...subject, sent: { ...sent, resource: requested.resource } };
  return {
    main: { object, oldObject, request: { ...requestOf(a, subject), uid: "" }, namespaceObject: namespace },
    inConditions: {
      object,
      oldObject,
      request: { ...requestOf(a, asSent), uid: "" },
      namespaceObject: null,
    },
  };
}

/** Does with failures what the binding wants; answers those that deny. */
function act(
  result: PolicyResult,
  {
    policy,
    binding,
    a,
  }: { readonly policy: Policy; readonly binding: Binding; readonly a: AdmissionAttributes },
): readonly Denial[] {
  const denials: Denial[] = [];
  for (const failure of result.failures) {
    for (const action of binding.actions) {
      if (action === "Deny") denials.push(denied(policy, binding, failure));
      if (action === "Audit") note(failure, binding, a);
      if (action === "Warn") {
        a.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${failure.message}`,
        );
      }
    }
  }
  for (const message of result.annotationErrors)
    denials.push(denied(policy, binding, { message, reason: "" }));
  return denials;
}

const denied = (
  { name }: Policy,
  binding: Binding,
  { message, reason }: Pick<Failure, "message" | "reason">,
): Denial => ({
  message: `ValidatingAdmissionPolicy '${name}' with binding '${binding.name}' denied request: ${message}`,
  reason,
});

function misconfigured(policy: Policy, binding: Binding | undefined, error: Error): readonly Denial[] {
  if (policy.failurePolicy === "Ignore") return [];
  if (binding === undefined) {
    const message = `ValidatingAdmissionPolicy '${policy.name}' denied request: failed to configure policy: ${error.message}`;
    return [{ message, reason: "" }];
  }
  return [denied(policy, binding, { message: `failed to configure binding: ${error.message}`, reason: "" })];
}

function note(failure: Failure, binding: Binding, a: AdmissionAttributes): void {
  const value = {
    message: failure.message,
    policy: binding.policyName,
    binding: binding.name,
    expressionIndex: failure.index,
    validationActions: binding.actions,
  };
  a.annotate("validation.policy.admission.k8s.io/validation_failure", JSON.stringify([value]));
}

/** Audit annotations of one policy: what several bindings say of one key stands side by side. */
class Annotations {
  readonly #values = new Map<string, string[]>();

  add(key: string, value: string): void {
    const values = this.#values.get(key) ?? [];
    if (!values.includes(value)) this.#values.set(key, [...values, value]);
  }

  publish(policy: string, a: AdmissionAttributes): void {
    for (const [key, values] of this.#values) a.annotate(`${policy}/${key}`, values.join(", "));
  }
}

const codes: ReadonlyMap<string, number> = new Map([
  ["Unauthorized", 401],
  ["Forbidden", 403],
  ["RequestEntityTooLarge", 413],
]);

function refusal({ message, reason }: Denial, a: AdmissionAttributes): ApiError {
  const { group, resource } = a.resource;
  const name = nameIn(a);
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return new ApiError({
    code: codes.get(reason) ?? 422,
    reason: (reason === "" ? "Invalid" : reason) as StatusReason,
    message: `${qualified} ${JSON.stringify(name)} is forbidden: ${message}`,
    details: { name, ...(group === "" ? {} : { group }), kind: resource, causes: [{ message }] },
  });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
