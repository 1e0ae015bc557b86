/**
 * The guard's judgement on one write to a resource beneath our kinds: may this actor do this here? Pure. What an object
 * of ours controls changes only through it, by Hawsepipe, by the operator of its kind and by the cluster's own
 * machinery; namespaces that ask for it take no provider resources of anybody else's making.
 */
import { groupResource, parseApiVersion } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { transformers } from "../../transformers/registry.ts";
import { changeBetween } from "./change.ts";
import type { Actor } from "./identities.ts";
import type { Write } from "./message.ts";
import type { Controller } from "./controller.ts";
import { controllerOf } from "./controller.ts";
import { managedMessage, ownershipMessage, rawMessage } from "./message.ts";

/** What a namespace asks of the guard; `none` is one without the label. */
export type Enforcement = "none" | "managed" | "warn" | "audit";

/** The label of namespaces that says so. */
export const enforceLabel = "hawsepipe.dev/enforce";

/** The enforcement a label asks for. A value nobody knows counts as the strictest: it was not meant to switch off. */
export function enforcementOf(label: string | undefined): Enforcement {
  if (label === undefined) return "none";
  return label === "warn" || label === "audit" ? label : "managed";
}

/** One write to be judged. */
export interface GuardedWrite extends Write {
  readonly actor: Actor;
  readonly enforcement: Enforcement;
  /** After the write; absent for DELETE. Of a scale, nothing is needed but the owner. */
  readonly object?: JsonObject;
  /** Before it; absent for CREATE. */
  readonly oldObject?: JsonObject;
}

/** The rules a write can break. */
export type GuardRule = "managed-resource" | "ownership" | "raw-resource";

export interface Objection {
  readonly rule: GuardRule;
  readonly outcome: "refuse" | "warn" | "audit";
  /** For people: what to do instead. */
  readonly message: string;
  /** The object whose `bypass-guard` lifts the objection; absent for a resource that belongs to none. */
  readonly controller?: Controller;
}

/** Kinds of providers, and the provider that renders them. */
export const providerKinds: Readonly<Record<string, string>> = Object.fromEntries(
  transformers.flatMap(({ name, resource, apiVersions: [apiVersion = ""] }) =>
    resource === undefined ? [] : [[`${resource}.${parseApiVersion(apiVersion).group}`, name]],
  ),
);

/** What speaks against the write, or undefined. */
export function judge(write: GuardedWrite): Objection | undefined {
  const { actor, operation } = write;
  if (actor === "hawsepipe" || actor === "cluster" || actor === "operator") return undefined;
  const before = controllerOf(write.oldObject);
  const after = controllerOf(write.object);
  if (before !== undefined) return judgeManaged(write, before);
  if (after !== undefined) {
    return object(write, "ownership", ownershipMessage(after), after);
  }
  const provider = providerOf(write);
  if (operation !== "CREATE" || write.subresource !== "" || provider === undefined) return undefined;
  if (write.enforcement === "none") return undefined;
  return object(write, "raw-resource", rawMessage(write, provider));
}

function judgeManaged(write: GuardedWrite, controller: Controller): Objection | undefined {
  // The autoscaler is one of the things a stack is rendered to.
  if (write.actor === "autoscaler" && write.subresource === "scale" && !controller.names.isScalable) {
    return undefined;
  }
  if (write.operation === "UPDATE" && write.subresource !== "scale") {
    // The rights to status and other subresources are for operators only; RBAC says so.
    if (write.subresource !== "") return undefined;
    const change = changeBetween(write.oldObject ?? {}, write.object ?? {});
    if (change === "none") return undefined;
    // An operator in a namespace of its own choosing must be able to work before anybody has listed it.
    if (change === "housekeeping" && write.actor === "serviceAccount") return undefined;
  }
  return object(write, "managed-resource", managedMessage(write, controller), controller);
}

const object = (
  { enforcement }: GuardedWrite,
  rule: GuardRule,
  message: string,
  controller?: Controller,
): Objection => ({
  rule,
  outcome: enforcement === "warn" || enforcement === "audit" ? enforcement : "refuse",
  message,
  ...(controller === undefined ? {} : { controller }),
});

const providerOf = ({ resource }: Write): string | undefined => {
  const name = groupResource(resource);
  return Object.hasOwn(providerKinds, name) ? providerKinds[name] : undefined;
};
