/**
 * The webhooks of the product in a process of their own, without a cluster behind them: no reference checks, no dry run.
 * It ends with its parent.
 */
import { builtInProviders } from "../../../admission/built-in-providers.ts";
import { createGuard } from "../../../admission/guard/guard.ts";
import { defaultIdentities } from "../../../admission/guard/identities.ts";
import { guardReviewer } from "../../../admission/guard/review.ts";
import { modelDeploymentPlugins } from "../../../admission/model-deployment-plugins.ts";
import { mutatingReviewer } from "../../../admission/review/mutate.ts";
import { validatingReviewer } from "../../../admission/review/validate.ts";
import { modelDeploymentDefinition } from "../../../api/modeldeployment/definition.ts";
import { webhookHandlers } from "../../../cli/webhooks/handlers.ts";
import { modelDeploymentConverter } from "../../../conversion/modeldeployment/converter.ts";
import { Registry } from "@prometheus-io/client";
import { performance } from "node:perf_hooks";
import { realClock } from "../../../machinery/clock.ts";
import { anonymousAuthenticator } from "../../../server/authn/anonymous.ts";
import { alwaysAllowPaths } from "../../../server/authz/union.ts";
import { createHandlerTable } from "../../../server/http/handler-table.ts";
import { silentLogger } from "../../../server/http/logger.ts";
import { ApiServer } from "../../../server/http/server.ts";
import { measureEventLoop } from "../../../server/metrics/event-loop-metrics.ts";
import { metricsHandler } from "../../../server/metrics/metrics-handler.ts";

import type { BareSetup } from "./bare-process.ts";

async function start({ key, cert }: BareSetup): Promise<number | undefined> {
  const definitions = [modelDeploymentDefinition(modelDeploymentConverter)];
  const providers = builtInProviders({ ready: true });
  const plugins = modelDeploymentPlugins({ listProviders: () => providers, now: () => new Date() });
  const guard = createGuard({
    identities: defaultIdentities(),
    enforcementOf: () => "warn",
    authorize: async () => false,
    readParent: async () => undefined,
  });
  const clock = realClock();
  const metrics = new Registry();
  measureEventLoop(metrics, clock, () => performance.now());
  const paths = new Map([
    ...webhookHandlers(
      {
        mutate: mutatingReviewer({ definitions, plugins }),
        validate: validatingReviewer({ definitions, plugins, readParent: async () => undefined }),
        guard: guardReviewer(guard),
      },
      clock,
    ),
    ["/metrics", metricsHandler(metrics, clock)] as const,
  ]);
  const api = new ApiServer({
    authenticator: anonymousAuthenticator,
    authorizer: alwaysAllowPaths("*"),
    handlers: createHandlerTable({ paths }),
    logger: silentLogger,
    clock,
    metrics,
    limits: { bodyBytes: 64 * 1024 * 1024 },
  });
  await api.listen({ host: "127.0.0.1", port: 0, tls: { key, cert } });
  return api.address?.port;
}

process.on("message", (setup: BareSetup) => {
  void start(setup).then((port) => process.send?.(port));
});
process.on("disconnect", () => process.exit(0));
