import type { Registry } from "@prometheus-io/client";
import type { Handler } from "../http/api-request.ts";

/** `/metrics` in the text format of Prometheus. */
export function metricsHandler(registry: Registry): Handler {
  return async () => ({
    status: 200,
    headers: { "content-type": registry.contentType },
    body: await registry.metrics(),
  });
}
