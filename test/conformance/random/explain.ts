import type { Exchange } from "../replay/exchange.ts";
import { printDifference, printExchange } from "../replay/print.ts";
import type { Outcome } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import type { WireRequest } from "../twins/wire.ts";
import { aProgram } from "./program.ts";
import { printRequest, recorded } from "./recorded.ts";
import { firstDifference } from "./run.ts";
import { shrink } from "./shrink.ts";

/** Requests of one program. */
export const programLength = 40;
/** What is found has to be told before the time of the test is up. */
const shrinkFor = 90_000;

type Servers = Pick<Pair, "real" | "ours">;

/** Runs the program of a seed on both. Answers the shortest one that shows the same difference, or nothing. */
export async function explainSeed(
  servers: Servers,
  seed: number,
  namespace: () => string,
): Promise<string | undefined> {
  const program = aProgram(seed, programLength);
  const found = await firstDifference(servers, program, namespace());
  if (found === undefined) return undefined;
  const upTo = program.slice(0, program.indexOf(found.exchange) + 1);
  const { real, ours } = found;
  const until = Date.now() + shrinkFor;
  const shortest = await shrink(upTo, async (candidate) => {
    if (Date.now() > until) return false;
    const again = await firstDifference(servers, candidate, namespace());
    return again?.real.status === real.status && again.ours.status === ours.status;
  });
  const shown = await show(servers, shortest, namespace());
  // What does not come back is shown as it was, with the program it came from.
  const text = shown ?? printFound(program, found, "It did not come back.");
  return `SEED=${String(seed)} N=1\n${text}`;
}

async function show(
  servers: Servers,
  program: readonly Exchange[],
  namespace: string,
): Promise<string | undefined> {
  const real = recorded(servers.real);
  const ours = recorded(servers.ours);
  const found = await firstDifference({ real: real.twin, ours: ours.twin }, program, namespace);
  if (found === undefined) return undefined;
  const sent = [real, ours].map(({ twin, sent: requests }) => printSent(twin.name, requests));
  return printFound(program, found, sent.join("\n\n"));
}

const printFound = (program: readonly Exchange[], found: Outcome, sent: string): string =>
  [program.map(printExchange).join(""), printDifference(found), "", sent].join("\n");

const printSent = (server: string, requests: readonly WireRequest[]): string =>
  [`sent to ${server}:`, ...requests.map(printRequest)].join("\n\n");
