/** Finds the webhooks a write concerns and asks one: what both sorts have in common. */
import { isApiError } from "../../../api/errors/api-error.ts";
import { notFound } from "../../../api/errors/catalogue.ts";
import type { WebhookTransport } from "../../../cluster/webhook-transport.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { encodeJson } from "../../../machinery/json/encode.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey } from "../../../machinery/json/value.ts";
import { qualifiedName } from "../../../machinery/names/names.ts";
import type { LabelSelector } from "../../../machinery/selectors/labels.ts";
import type { ResourceRegistry } from "../../registry/resource-registry.ts";
import type { ServedResource } from "../../registry/served-resource.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import { untilSynced } from "../until-synced.ts";
import type { WebhookSource } from "./configurations.ts";
import type { Invocation } from "./match.ts";
import { matchRules } from "./match.ts";
import { evaluateConditions } from "./match-conditions.ts";
import type { WebhookMetrics } from "./metrics.ts";
import { selectsObject } from "./object-selector.ts";
import { CallFailure, cannotMatch, noDryRun } from "./refusals.ts";
import type { ReviewSubject, Verdict } from "./review.ts";
import {
  InvalidAnswer,
  readVerdict,
  requestOf,
  reviewOf,
  UnreadableAnswer,
  UnreadablePatch,
} from "./review.ts";
import { servedVersions, subjectIn } from "./subject.ts";
import type { Webhook } from "./webhook.ts";

export interface DispatcherOptions {
  readonly sort: "admit" | "validating";
  readonly source: WebhookSource;
  /** The kinds this server serves. */
  readonly registry: Pick<ResourceRegistry, "resource">;
  /** Undefined when there is no such namespace. */
  readonly namespaceLabels: (name: string) => Promise<Readonly<Record<string, string>> | undefined>;
  readonly transport: WebhookTransport;
  readonly clock: Clock;
  readonly metrics?: WebhookMetrics;
}

export class WebhookDispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Whether any webhook may have to be asked; cheap. */
  concerns(a: AdmissionAttributes): boolean {
    const { source } = this.#options;
    if (!source.hasSynced) return true;
    if (source.webhooks.length === 0) return false;
    const resource = this.resource(a);
    const versions = servedVersions(resource, a.subresource);
    return source.webhooks.some((webhook) => matchRules(webhook, a, versions) !== undefined);
  }

  /** The kind a write is about. */
  resource(a: AdmissionAttributes): ServedResource {
    const resource = this.#options.registry.resource(a.resource.group, a.resource.resource);
    if (resource === undefined) throw new Error(`${a.resource.resource} is not served`);
    return resource;
  }

  /** The webhooks whose rules fit, in their order. Throws Forbidden when the configurations cannot be had. */
  async candidates(a: AdmissionAttributes): Promise<readonly Invocation[]> {
    const { source } = this.#options;
    await untilSynced(source, this.#options.clock, a);
    const versions = servedVersions(this.resource(a), a.subresource);
    return source.webhooks.flatMap((webhook, index) => {
      const matched = matchRules(webhook, a, versions);
      return matched === undefined ? [] : { ...matched, index };
    });
  }

  /** How to ask the webhook; undefined when selectors or conditions say that this write does not concern it. */
  async prepare(
    invocation: Invocation,
    a: AdmissionAttributes,
  ): Promise<(() => Promise<Verdict>) | undefined> {
    const { webhook } = invocation;
    if (!(await this.#selects(webhook, a))) return undefined;
    const subject = subjectIn(a, this.resource(a), invocation.version);
    const request = requestOf(a, subject);
    const applies = evaluateConditions(webhook.matchConditions, { ...subject, request });
    if (applies === false) return undefined;
    if (applies instanceof Error) {
      if (webhook.failurePolicy === "Ignore") return undefined;
      throw cannotMatch(a, applies);
    }
    if (a.dryRun && !webhook.allowsDryRun) throw noDryRun(webhook.name);
    return () => this.#call(webhook, a, { request, subject });
  }

  async #selects(webhook: Webhook, a: AdmissionAttributes): Promise<boolean> {
    const objects = usable(webhook.objectSelector, a);
    if (!selectsObject(objects, a)) return false;
    const namespaces = usable(webhook.namespaceSelector, a);
    if (namespaces.requirements.length === 0 || a.namespace === "") return true;
    const labels = await this.#options.namespaceLabels(a.namespace);
    if (labels === undefined) throw notFound({ group: "", resource: "namespaces" }, a.namespace);
    return namespaces.matches((key) => (Object.hasOwn(labels, key) ? labels[key] : undefined));
  }

  async #call(
    webhook: Webhook,
    a: AdmissionAttributes,
    { request, subject }: { readonly request: JsonObject; readonly subject: ReviewSubject },
  ): Promise<Verdict> {
    const { transport, sort, clock, metrics } = this.#options;
    const started = clock.now().getTime();
    let verdict: Verdict | undefined;
    try {
      verdict = await post(webhook, { a, transport, isMutating: sort === "admit" }, { request, subject });
    } finally {
      const seconds = (clock.now().getTime() - started) / 1000;
      metrics?.called({ webhook: webhook.name, sort, operation: a.operation, verdict, seconds });
    }
    for (const [key, value] of verdict.auditAnnotations) {
      const qualified = `${webhook.name}/${key}`;
      // What is no name of a note is left out, as by kube-apiserver.
      if (qualifiedName(qualified).length === 0) a.annotate(qualified, value);
    }
    for (const warning of verdict.warnings) a.warn(warning);
    return verdict;
  }
}

async function post(
  webhook: Webhook,
  how: {
    readonly a: AdmissionAttributes;
    readonly transport: WebhookTransport;
    readonly isMutating: boolean;
  },
  { request, subject }: { readonly request: JsonObject; readonly subject: ReviewSubject },
): Promise<Verdict> {
  const fail = (why: string, cause?: unknown): CallFailure => new CallFailure(webhook.name, why, cause);
  if (!webhook.reviewVersions.includes("v1")) {
    throw fail("failed to call webhook: webhook does not accept known AdmissionReview versions (v1)");
  }
  const uid = getKey(request, "uid");
  if (typeof uid !== "string") throw new Error("a review without a uid");
  let body: Buffer;
  try {
    body = await how.transport.post({
      ...webhook.address,
      body: Buffer.from(encodeJson(reviewOf(request, subject))),
      timeoutMs: webhook.timeoutSeconds * 1000,
      signal: how.a.call.signal,
    });
  } catch (error) {
    throw fail(`failed to call webhook: ${messageOf(error)}`, error);
  }
  try {
    return readVerdict(body, uid, how.isMutating);
  } catch (error) {
    if (error instanceof UnreadableAnswer) throw fail(`failed to call webhook: ${error.message}`, error);
    if (error instanceof UnreadablePatch) {
      throw fail(`received undecodable patch in webhook response: ${error.message}`, error);
    }
    if (error instanceof InvalidAnswer)
      throw fail(`received invalid webhook response: ${error.message}`, error);
    throw error;
  }
}

function usable(selector: LabelSelector | Error, a: AdmissionAttributes): LabelSelector {
  if (selector instanceof Error) throw cannotMatch(a, selector);
  return selector;
}

const messageOf = (error: unknown): string =>
  isApiError(error) || error instanceof Error ? error.message : String(error);
