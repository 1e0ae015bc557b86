import { stringify } from "yaml";
import type { Seen } from "./compare.ts";
import type { Exchange } from "./exchange.ts";
import type { Outcome } from "./session.ts";

/** An exchange as the corpus writes it. */
export const printExchange = (exchange: Exchange): string =>
  stringify([exchange], { collectionStyle: "any", lineWidth: 120 });

/** What the two servers said differently, part by part. */
export function printDifference({ exchange, real, ours }: Outcome): string {
  return [
    printExchange(exchange).trimEnd(),
    ...part("status", String(real.status), String(ours.status)),
    ...part("headers", real.headers.join("\n"), ours.headers.join("\n")),
    ...part("body", real.body, ours.body),
  ].join("\n");
}

function part(name: string, real: string, ours: string): string[] {
  if (real === ours) return [];
  return [`${name} of kube-apiserver:`, real, `${name} of hawsepipe:`, ours];
}

/** Both answers as text, for an assertion whose message shows where they differ. */
export const textOf = (seen: Seen): string =>
  [String(seen.status), ...seen.headers, "", seen.body].join("\n");
