/**
 * The product in this process with the cluster of a kubeconfig as its host: our kinds are kept in memory here, with
 * admission, and everything that is rendered goes to the cluster. Time is the test's.
 */
import { Registry } from "@prometheus-io/client";
import type { Leading, Product } from "../../cli/product.ts";
import { createProduct } from "../../cli/product.ts";
import { ownGroup } from "../../cli/aggregated/own-definitions.ts";
import type { Client } from "../../cluster/client.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import { createRoutedTransport } from "../../cluster/routed-transport.ts";
import { privilegedGroups } from "../../server/authz/union.ts";
import { silentLogger } from "../../server/http/logger.ts";
import { targetOf } from "./client.ts";
import type { MovableClock } from "./movable-clock.ts";
import { ownServer } from "./own-server.ts";

export interface ProductHost {
  /** Our kinds and the cluster's, with every right. */
  readonly client: Client;
  /** Ends the product, and starts another over the same objects. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts with no objects of ours but the built-in providers. */
export async function openProductHost(kubeconfig: string, clock: MovableClock): Promise<ProductHost> {
  const own = ownServer(clock);
  const transport = createRoutedTransport({
    groups: [ownGroup],
    own: own.transport,
    other: createHttpTransport(targetOf(kubeconfig)),
  });
  const client = createRestClient({ transport, clock, userAgent: "hawsepipe/test" });
  const create = (): Product =>
    createProduct({ client, clock, random: Math.random, logger: silentLogger, metrics: new Registry() });
  let product = create();
  let leading: Leading | undefined;
  // The plugins stay those of the first; they keep nothing but what they read.
  const plugins = product.plugins(privilegedGroups("system:masters"));
  const first = product;
  const server = await own.open({ plugins });
  const start = async (): Promise<void> => {
    await product.start();
    leading = await product.lead();
    await leading.begun;
  };
  await start();
  return {
    client,
    async restart() {
      await leading?.stop();
      if (product !== first) await product.stop();
      product = create();
      await start();
    },
    async close() {
      await leading?.stop();
      await first.stop();
      if (product !== first) await product.stop();
      await transport.close();
      await server.close();
    },
  };
}
