import type { Transport } from "./transport.ts";

export interface RoutedTransportOptions {
  /** API groups answered by `own`. */
  readonly groups: readonly string[];
  readonly own: Transport;
  /** Answers everything else. */
  readonly other: Transport;
}

/**
 * One API made of two: the groups a process serves itself, without the way through the cluster's aggregator, and the
 * cluster for the rest. Closing it closes both.
 */
export function createRoutedTransport({ groups, own, other }: RoutedTransportOptions): Transport {
  const prefixes = groups.map((group) => `/apis/${group}`);
  const isOwn = (path: string): boolean =>
    prefixes.some((prefix) => path.startsWith(prefix) && [undefined, "/", "?"].includes(path[prefix.length]));
  return {
    request: (request) => (isOwn(request.path) ? own : other).request(request),
    async close() {
      await Promise.all([own.close(), other.close()]);
    },
  };
}
