import { stringify } from "yaml";
import type { Seen } from "./compare.ts";
import type { Exchange } from "./exchange.ts";
import type { Outcome } from "./session.ts";

/** An exchange as the corpus writes it. */
export const printExchange = (exchange: Exchange): string =>
  stringify([exchange], { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false });

/** What the two servers said differently, part by part. */
export function printDifference({ exchange, real, ours }: Outcome): string {
  return [
    printExchange(exchange.read === undefined ? { ...exchange, status: real.status } : exchange).trimEnd(),
    ...part("status", String(real.status), String(ours.status)),
    ...part("headers", real.headers.join("\n"), ours.headers.join("\n")),
    ...part("body", real.body, ours.body),
  ].join("\n");
}

function part(name: string, real: string, ours: string): string[] {
  if (real === ours) return [];
  let same = 0;
  while (real[same] === ours[same]) same++;
  return [`${name} of kube-apiserver:`, around(real, same), `${name} of hawsepipe:`, around(ours, same)];
}

const shown = 1200;

/** A text, or when it is long the part of it where the difference begins. */
function around(text: string, at: number): string {
  if (text.length <= shown) return text;
  const from = Math.max(0, at - 200);
  return `${from > 0 ? "…" : ""}${text.slice(from, from + shown)}${from + shown < text.length ? "…" : ""}`;
}

/** Both answers as text, for an assertion whose message shows where they differ. */
export const textOf = (seen: Seen): string =>
  [String(seen.status), ...seen.headers, "", seen.body].join("\n");
