/**
 * The cluster's MutatingWebhookConfigurations, applied to the kinds of this server: one after another, each seeing what
 * those before it made of the object. A webhook that asks for it is asked once more when a later one changed something.
 */
import { internalError } from "../../../api/errors/catalogue.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { equalJson } from "../../../machinery/json/value.ts";
import { applyJsonPatch } from "../../../machinery/patch/json-patch.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import type { DispatcherOptions } from "./dispatcher.ts";
import { WebhookDispatcher } from "./dispatcher.ts";
import type { Invocation } from "./match.ts";
import { CallFailure, callFailed, denied } from "./refusals.ts";
import type { Verdict } from "./review.ts";
import { subjectIn, takePatched } from "./subject.ts";
import type { Webhook } from "./webhook.ts";

export interface MutatingWebhooksOptions extends Omit<DispatcherOptions, "sort"> {
  /** Runs when a webhook changed the object, so that plugins before this one see the change; like them it may change it. */
  readonly again?: (attributes: AdmissionAttributes) => Promise<void>;
}

/** The plugin. */
export function mutatingWebhooks(options: MutatingWebhooksOptions): AdmissionPlugin {
  const dispatcher = new WebhookDispatcher({ ...options, sort: "admit" });

  /** Whether the object was changed. */
  async function ask(invocation: Invocation, at: Round, a: AdmissionAttributes): Promise<boolean> {
    const { webhook } = invocation;
    const call = await dispatcher.prepare(invocation, a);
    if (call === undefined) return false;
    let isChanged = false;
    try {
      const verdict = await call();
      if (!verdict.isAllowed) throw denied(webhook.name, verdict.status);
      const patched = patchedBy(dispatcher, { invocation, verdict }, a);
      if (patched === undefined) return false;
      isChanged = true;
      takePatched(patched.a, dispatcher.resource(a), patched);
      return true;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (webhook.failurePolicy === "Fail") throw callFailed(error);
      options.metrics?.failedOpen(webhook.name, "admit");
      a.annotate(`failed-open.mutation.webhook.admission.k8s.io/${keyOf(at)}`, webhook.name);
      return false;
    } finally {
      noteMutation(webhook, at, { isChanged, a });
    }
  }

  return {
    name: "MutatingAdmissionWebhook",
    handles: (a) => dispatcher.concerns(a),
    async admit(a) {
      const candidates = await dispatcher.candidates(a);
      const repeat = new Repetition();
      let isChanged = false;
      for (const candidate of candidates) {
        if (await ask(candidate, { round: 0, index: candidate.index }, a)) {
          isChanged = true;
          repeat.changed();
        }
        if (candidate.webhook.reinvokes) repeat.asked(candidate.webhook);
      }
      if (!isChanged) return;
      if (options.again !== undefined && (await changesAgain(options.again, a))) repeat.changed();
      for (const candidate of candidates) {
        const at = { round: 1, index: candidate.index };
        if (repeat.has(candidate.webhook) && (await ask(candidate, at, a))) repeat.changed();
      }
    },
  };
}

interface Round {
  readonly round: number;
  readonly index: number;
}

/** Which webhooks have to be asked once more: those asked before somebody else changed the object. */
class Repetition {
  readonly #asked = new Set<Webhook>();
  readonly #due = new Set<Webhook>();

  asked(webhook: Webhook): void {
    this.#asked.add(webhook);
  }

  changed(): void {
    for (const webhook of this.#asked) this.#due.add(webhook);
    this.#asked.clear();
  }

  has(webhook: Webhook): boolean {
    return this.#due.has(webhook);
  }
}

async function changesAgain(
  again: (a: AdmissionAttributes) => Promise<void>,
  a: AdmissionAttributes,
): Promise<boolean> {
  const before = a.object === undefined ? undefined : structuredClone(a.object);
  await again(a);
  return !equalJson(before, a.object);
}

/** What the patch makes of the object as the webhook saw it; undefined when that is the same. */
function patchedBy(
  dispatcher: WebhookDispatcher,
  { invocation, verdict }: { readonly invocation: Invocation; readonly verdict: Verdict },
  a: AdmissionAttributes,
):
  | {
      readonly a: AdmissionAttributes & { readonly object: JsonObject };
      readonly version: string;
      readonly patched: JsonValue;
    }
  | undefined {
  if (verdict.patch === undefined || verdict.patch.length === 0) return undefined;
  const name = JSON.stringify(invocation.webhook.name);
  if (a.object === undefined) {
    throw internalError(
      `admission webhook ${name} attempted to modify the object, which is not supported for this operation`,
    );
  }
  if (verdict.patchType !== "JSONPatch") {
    throw new CallFailure(
      invocation.webhook.name,
      `unsupported patch type ${JSON.stringify(verdict.patchType)}`,
    );
  }
  const resource = dispatcher.resource(a);
  const { version } = invocation;
  const before = subjectIn(a, resource, version).object ?? {};
  let patched;
  try {
    patched = applyJsonPatch(before, verdict.patch);
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error), error);
  }
  return equalJson(before, patched) ? undefined : { a: { ...a, object: a.object }, version, patched };
}

const keyOf = ({ round, index }: Round): string => `round_${String(round)}_index_${String(index)}`;

function noteMutation(
  webhook: Webhook,
  at: Round,
  { isChanged, a }: { readonly isChanged: boolean; readonly a: AdmissionAttributes },
): void {
  const note = { configuration: webhook.configuration, webhook: webhook.name, mutated: isChanged };
  a.annotate(`mutation.webhook.admission.k8s.io/${keyOf(at)}`, JSON.stringify(note));
}
