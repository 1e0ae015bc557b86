import type { KubeObject } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import type { Informer } from "../../../cluster/informer.ts";
import { startInformer } from "../../../cluster/informer.ts";
import type { FollowOptions } from "../../../cluster/reflector.ts";
import { compareUtf8 } from "../../../machinery/json/encode.ts";
import type { Binding, Policy } from "./policy.ts";
import { readBinding, readPolicy } from "./policy.ts";

/** A policy with what puts it into force. */
export interface BoundPolicy {
  readonly policy: Policy;
  readonly bindings: readonly Binding[];
}

/** The policies in force, by their names. */
export interface PolicySource {
  readonly hasSynced: boolean;
  readonly synced: Promise<void>;
  readonly policies: readonly BoundPolicy[];
}

const refOf = (resource: string, kind: string): ResourceRef => ({
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource,
  kind,
  namespaced: false,
});

/** Starts to follow the policies of the cluster and their bindings; ends when the signal aborts. */
export function followPolicies(options: FollowOptions): PolicySource {
  const start = (resource: string, kind: string): Informer =>
    startInformer({ ...options, resource: refOf(resource, kind) });
  const policies = start("validatingadmissionpolicies", "ValidatingAdmissionPolicy");
  const bindings = start("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding");
  let inForce: readonly BoundPolicy[] | undefined;
  const forget = (): void => {
    inForce = undefined;
  };
  for (const informer of [policies, bindings]) {
    informer.onChange({ added: forget, updated: forget, deleted: forget });
  }
  const policyOf = once(readPolicy);
  const bindingOf = once(readBinding);
  return {
    synced: Promise.all([policies.synced, bindings.synced]).then(() => undefined),
    get hasSynced() {
      return policies.hasSynced && bindings.hasSynced;
    },
    get policies() {
      inForce ??= boundPolicies(policies.list().map(policyOf), bindings.list().map(bindingOf));
      return inForce;
    },
  };
}

/** Policies without a binding are not in force. */
export function boundPolicies(
  policies: readonly Policy[],
  bindings: readonly Binding[],
): readonly BoundPolicy[] {
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    compareUtf8(a.name, b.name);
  return policies
    .toSorted(byName)
    .map((policy) => ({
      policy,
      bindings: bindings.filter(({ policyName }) => policyName === policy.name).toSorted(byName),
    }))
    .filter((bound) => bound.bindings.length > 0);
}

/** An object that has not changed is not read again. */
function once<T>(read: (object: KubeObject) => T): (object: KubeObject) => T {
  const known = new WeakMap<KubeObject, { readonly value: T }>();
  return (object) => {
    let entry = known.get(object);
    if (entry === undefined) {
      entry = { value: read(object) };
      known.set(object, entry);
    }
    return entry.value;
  };
}
