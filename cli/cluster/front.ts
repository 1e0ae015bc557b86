/** What the roles of a process need to know of each other. */
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import type { LlamaStackPolicy } from "../../admission/llamastack/options.ts";
import type { Registry } from "@prometheus-io/client";
import type { Client } from "../../cluster/client.ts";
import type { Transport } from "../../cluster/transport.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { ApiServer } from "../../server/http/server.ts";
import type { Product } from "../product.ts";
import type { Callers } from "../webhooks/callers.ts";
import type { Closing } from "./closing.ts";

/** The cluster a process works for, and what every part of the process shares. */
export interface Surroundings {
  /** The cluster, with this process's rights. */
  readonly client: Client;
  readonly transport: Transport;
  readonly userAgent: string;
  /** Hawsepipe's own namespace. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly closing: Closing;
  /** How long a server that is stopping goes on serving, so that nobody new is sent to it. */
  readonly lameDuckMs: number;
  /** What an administrator decides about LlamaStackDistributions; absent: nothing. */
  readonly llamaStack?: LlamaStackPolicy;
}

/** How the webhooks are answered, where they are. */
export interface WebhookRole {
  readonly identities: GuardIdentities;
  readonly callers: Callers;
}

/** The side of a process that answers requests. */
export interface Front {
  readonly api: ApiServer;
  readonly product: Product;
  /** PEM of the CAs whose client certificates are worth presenting, as they are now. */
  clientAuthorities(): string;
  /** Tells when they have changed. */
  onAuthoritiesChange(changed: () => void): void;
}
