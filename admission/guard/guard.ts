/**
 * The guard with its surroundings: finds out what the judgement needs, asks for the break-glass right before it refuses,
 * and turns the outcome into a warning, an audit annotation or a Forbidden. One guard serves the webhook and, where the
 * server itself serves the guarded kinds, the admission plugin.
 */
import { isApiError } from "../../api/errors/api-error.ts";
import { forbidden, internalError } from "../../api/errors/catalogue.ts";
import type { GroupVersionResource } from "../../api/meta/types.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import { modelDeploymentNames } from "../../api/modeldeployment/names.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Authorize } from "../options.ts";
import type { Enforcement, GuardedWrite, Objection } from "./decide.ts";
import { judge } from "./decide.ts";
import type { GuardIdentities } from "./identities.ts";
import { actorOf } from "./identities.ts";

/** The verb on the object in whose place the guard objects that lifts it. */
export const bypassVerb = "bypass-guard";

export interface GuardOptions {
  readonly identities: GuardIdentities;
  /** What the namespace asks for; a thrown error means that nobody knows. */
  readonly enforcementOf: (namespace: string) => Promise<Enforcement> | Enforcement;
  readonly authorize: Authorize;
  /** The object a scale belongs to, metadata at least; undefined when it is gone. */
  readonly readParent: (parent: ScaledObject) => Promise<JsonObject | undefined>;
}

export interface ScaledObject {
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
}

/** One write as the guard is asked about it. */
export interface GuardQuestion {
  readonly operation: GuardedWrite["operation"];
  readonly resource: GroupVersionResource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: UserInfo;
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
}

/** Where the guard says what it lets pass although it objects. */
export interface GuardReport {
  warn(text: string): void;
  annotate(key: string, value: string): void;
}

export interface Guard {
  /** Throws Forbidden when the write is refused. */
  check(question: GuardQuestion, report: GuardReport): Promise<void>;
}

/** A guard over the surroundings given. */
export function createGuard(options: GuardOptions): Guard {
  return {
    async check(question, report) {
      const { resource, subresource, namespace, name, user, operation } = question;
      const actor = actorOf(user, resource.group, options.identities);
      // Nothing is looked up for those who are never refused.
      if (actor === "hawsepipe" || actor === "cluster" || actor === "operator") return;
      const objects = subresource === "scale" ? await parents(question, options) : question;
      const write: GuardedWrite = {
        operation,
        resource,
        subresource,
        namespace,
        name,
        actor,
        enforcement: "managed",
        ...(objects.object === undefined ? {} : { object: objects.object }),
        ...(objects.oldObject === undefined ? {} : { oldObject: objects.oldObject }),
      };
      // Most writes break no rule under any enforcement; the namespace is asked about only for the rest.
      if (judge(write) === undefined) return;
      const objection = judge({ ...write, enforcement: await options.enforcementOf(namespace) });
      if (objection !== undefined) await act(question, objection, report, options.authorize);
    },
  };
}

async function act(
  question: GuardQuestion,
  objection: Objection,
  report: GuardReport,
  authorize: Authorize,
): Promise<void> {
  const { resource, name } = question;
  const { rule, outcome, message } = objection;
  report.annotate("guard-rule", rule);
  if (outcome === "refuse") {
    if (!(await mayBypass(question, objection, authorize))) {
      report.annotate("guard", "refuse");
      throw forbidden(resource, name, message);
    }
    report.annotate("guard", "bypass");
    report.warn(`${resource.resource} ${JSON.stringify(name)}: allowed by ${bypassVerb}; ${message}`);
    return;
  }
  report.annotate("guard", outcome);
  if (outcome === "warn") report.warn(`${resource.resource} ${JSON.stringify(name)}: ${message}`);
}

/** Who cannot be asked about is not let through: a failed webhook call might be. */
async function mayBypass(
  { user, namespace }: GuardQuestion,
  { controller }: Objection,
  authorize: Authorize,
): Promise<boolean> {
  // Raw resources of a provider stand where a ModelDeployment should.
  const { group, plural } = controller?.names ?? modelDeploymentNames;
  try {
    return await authorize({
      user,
      verb: bypassVerb,
      group,
      version: "v1alpha2",
      resource: plural,
      namespace,
      name: controller?.name ?? "",
    });
  } catch (error) {
    throw isApiError(error) ? error : internalError(`the right to ${bypassVerb} cannot be checked`, error);
  }
}

/** A scale says nothing about owners; those of its object count. */
async function parents(
  question: GuardQuestion,
  { readParent }: GuardOptions,
): Promise<Pick<GuardQuestion, "object" | "oldObject">> {
  const { resource, namespace, name } = question;
  const parent = await readParent({ resource, namespace, name });
  return parent === undefined ? {} : { object: parent, oldObject: parent };
}
