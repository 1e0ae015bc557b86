import type { Registry } from "@prometheus-io/client";
import type { Clock } from "../../machinery/clock.ts";
import { WorkTurns } from "../../machinery/queue/work-turns.ts";
import type { Handler } from "../http/api-request.ts";

/**
 * `/metrics` in the text format of Prometheus. There are thousands of lines on a busy server: metrics are written out one
 * by one, and after every few milliseconds others have a turn.
 */
export function metricsHandler(registry: Registry, clock: Clock): Handler {
  const turns = new WorkTurns(clock);
  return async () => {
    const texts: string[] = [];
    for (const { name } of registry.getMetricsAsArray()) {
      const turn = turns.begin();
      if (turn !== undefined) await turn;
      texts.push(await registry.getSingleMetricAsString(name));
    }
    return {
      status: 200,
      headers: { "content-type": registry.contentType },
      body: `${texts.join("\n\n")}\n`,
    };
  };
}
