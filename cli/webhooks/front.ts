/**
 * The answering side of a process without the API: webhooks where it has that role, health and metrics in any case. It
 * stores nothing; the cluster's API is both what calls it and what it reads.
 */
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import { tokenReviewAuthenticator } from "../../server/authn/delegated/token-review.ts";
import { unionAuthenticator } from "../../server/authn/union.ts";
import { healthHandler, pingCheck } from "../../server/health/health.ts";
import type { Handler } from "../../server/http/api-request.ts";
import { createHandlerTable } from "../../server/http/handler-table.ts";
import { ApiServer } from "../../server/http/server.ts";
import { metricsHandler } from "../../server/metrics/metrics-handler.ts";
import { delegatedAuthorization } from "../aggregated/authorization.ts";
import type { Front, Surroundings, WebhookRole } from "../cluster/front.ts";
import { createProduct } from "../product.ts";
import { callbackLimits } from "./handlers.ts";
import { webhookPathsOf } from "./reviewers.ts";

export interface WebhookFrontOptions extends Surroundings {
  /** Absent where another process answers the webhooks. */
  readonly webhooks?: WebhookRole;
  /** Beside ping, what `/readyz` waits for. */
  readonly isReady: () => boolean;
}

/** The server, not yet listening. */
export function openWebhookFront(options: WebhookFrontOptions): Front {
  const { clock, logger, metrics, closing, webhooks } = options;
  const product = createProduct(options);
  const callers = webhooks?.callers;
  const { authorizer } = delegatedAuthorization(
    options,
    undefined,
    callers === undefined ? [] : [callers.authorizer],
  );
  const paths = new Map<string, Handler>([["/metrics", metricsHandler(metrics, clock)]]);
  if (webhooks !== undefined) {
    const plugins = product.plugins(authorizer);
    for (const entry of webhookPathsOf({ ...options, ...webhooks, authorizer, plugins })) paths.set(...entry);
  }
  const api = new ApiServer({
    // Tokens are for metrics; whoever sends reviews may be anybody, or has a certificate of the callers' CAs.
    authenticator: unionAuthenticator(
      [...(callers?.authenticators ?? []), tokenReviewAuthenticator(options)],
      {
        anonymous: anonymousAuthenticator,
      },
    ),
    authorizer,
    handlers: createHandlerTable({ paths }),
    limits: { callbacks: callbackLimits },
    logger,
    clock,
    metrics,
  });
  const started = {
    name: "started",
    check: () => {
      if (!options.isReady()) throw new Error("not everything that is needed has been read");
    },
  };
  paths.set("/healthz", healthHandler("healthz", [pingCheck], logger));
  paths.set("/livez", healthHandler("livez", [pingCheck], logger));
  paths.set("/readyz", healthHandler("readyz", [pingCheck, started, api.shutdownCheck], logger));
  closing.add(() => api.close({ lameDuckMs: options.lameDuckMs }));
  return {
    api,
    product,
    clientAuthorities: () => callers?.authorities ?? "",
    onAuthoritiesChange: () => undefined,
  };
}
