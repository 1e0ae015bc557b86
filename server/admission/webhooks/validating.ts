/** The cluster's ValidatingWebhookConfigurations, applied to the kinds of this server: all at once, all to the end. */
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import type { DispatcherOptions } from "./dispatcher.ts";
import { WebhookDispatcher } from "./dispatcher.ts";
import type { Invocation } from "./match.ts";
import { CallFailure, callFailed, denied } from "./refusals.ts";

/** The plugin; the first refusal in the order of the webhooks is the one that is answered. */
export function validatingWebhooks(options: Omit<DispatcherOptions, "sort">): AdmissionPlugin {
  const dispatcher = new WebhookDispatcher({ ...options, sort: "validating" });

  async function ask(invocation: Invocation, index: number, a: AdmissionAttributes): Promise<void> {
    const { webhook } = invocation;
    try {
      const verdict = await dispatcher.ask(invocation, a);
      if (verdict !== undefined && !verdict.isAllowed) throw denied(webhook.name, verdict.status);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (webhook.failurePolicy === "Fail") throw callFailed(error);
      options.metrics?.failedOpen(webhook.name, "validating");
      a.annotate(
        `failed-open.validating.webhook.admission.k8s.io/round_0_index_${String(index)}`,
        webhook.name,
      );
    }
  }

  return {
    name: "ValidatingAdmissionWebhook",
    handles: (a) => dispatcher.concerns(a),
    async validate(a) {
      const candidates = await dispatcher.candidates(a);
      const results = await Promise.allSettled(candidates.map((candidate, i) => ask(candidate, i, a)));
      const refusal = results.find((result) => result.status === "rejected");
      if (refusal !== undefined) throw refusal.reason;
    },
  };
}
