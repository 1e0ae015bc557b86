/** The part of a server that knows about models: admission plugins, subresources, reconciler. */
import type { Registry } from "@prometheus-io/client";
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { ConnectHandler } from "../../server/handlers/scope.ts";
import type { Logger } from "../../server/http/logger.ts";

export interface ProductOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface Product {
  plugins(authorizer: Authorizer): readonly AdmissionPlugin[];
  readonly connectors: ReadonlyMap<string, ConnectHandler>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createProduct(_options: ProductOptions): Product {
  return {
    plugins: () => [],
    connectors: new Map(),
    start: async () => undefined,
    stop: async () => undefined,
  };
}
