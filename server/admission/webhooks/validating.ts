/** The cluster's ValidatingWebhookConfigurations, applied to the kinds of this server: all at once, all to the end. */
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import type { DispatcherOptions } from "./dispatcher.ts";
import { WebhookDispatcher } from "./dispatcher.ts";
import { CallFailure, callFailed, denied } from "./refusals.ts";
import type { Verdict } from "./review.ts";
import type { Webhook } from "./webhook.ts";

/** A webhook this write concerns. */
interface Relevant {
  readonly webhook: Webhook;
  readonly call: () => Promise<Verdict>;
}

/** The plugin; the first refusal in the order of the webhooks is the one that is answered. */
export function validatingWebhooks(options: Omit<DispatcherOptions, "sort">): AdmissionPlugin {
  const dispatcher = new WebhookDispatcher({ ...options, sort: "validating" });

  async function ask({ webhook, call }: Relevant, index: number, a: AdmissionAttributes): Promise<void> {
    try {
      const verdict = await call();
      if (!verdict.isAllowed) throw denied(webhook.name, verdict.status);
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
      const relevant: Relevant[] = [];
      for (const candidate of await dispatcher.candidates(a)) {
        const call = await dispatcher.prepare(candidate, a);
        if (call !== undefined) relevant.push({ webhook: candidate.webhook, call });
      }
      const results = await Promise.allSettled(relevant.map((one, i) => ask(one, i, a)));
      const refusal = results.find((result) => result.status === "rejected");
      if (refusal !== undefined) throw refusal.reason;
    },
  };
}
