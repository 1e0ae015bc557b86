import { targetOf } from "../../../test/support/client.ts";
import type { StandaloneServer } from "../../../test/support/standalone.ts";
import { removeDirectory, startStandalone } from "../../../test/support/standalone.ts";
import { loopDelaysOf } from "./loop-delay.ts";
import { readMetrics } from "./metrics.ts";
import type { Server } from "./server.ts";
import { usageOf } from "./usage.ts";

/** A standalone server as the measures see it. */
export function standaloneAsServer(standalone: StandaloneServer): Server {
  const target = targetOf(standalone.kubeconfig);
  const metrics = (): Promise<ReadonlyMap<string, number>> => readMetrics(target);
  return {
    name: "standalone",
    target,
    group: "hawsepipe.dev",
    usage: () => usageOf([standalone.process.pid]),
    metrics,
    loopDelays: async () => loopDelaysOf(await metrics()),
    output: () => standalone.output(),
    async stop() {
      await standalone.stop();
      removeDirectory(standalone.dataDir);
    },
  };
}

/** Hawsepipe by itself on its embedded store, in a new data directory. With `env`, it may be inspected. */
export async function startStandaloneServer(
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Server> {
  return standaloneAsServer(await startStandalone(options));
}
