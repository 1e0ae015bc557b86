import type { Exchange } from "../replay/exchange.ts";
import type { Outcome } from "../replay/session.ts";
import { Session } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import { createNamespace } from "../twins/pair.ts";

/** Runs a program on both servers, in a new namespace; answers the first difference. */
export async function firstDifference(
  pair: Pair,
  program: readonly Exchange[],
  namespace: string,
): Promise<Outcome | undefined> {
  await createNamespace(pair, namespace);
  const session = new Session(pair, namespace);
  try {
    for (const exchange of program) {
      const outcome = await session.run(exchange);
      if (!outcome.isSame) return outcome;
    }
    return undefined;
  } finally {
    session.close();
  }
}

/** The shortest program found that still shows a difference: parts are left out, half of it at first, then less. */
export async function shrink(
  program: readonly Exchange[],
  differs: (candidate: readonly Exchange[]) => Promise<boolean>,
): Promise<readonly Exchange[]> {
  let shortest = program;
  for (let size = Math.ceil(shortest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length;) {
      const candidate = shortest.toSpliced(at, size);
      if (isWhole(candidate) && (await differs(candidate))) shortest = candidate;
      else at += size;
    }
  }
  return shortest;
}

/** A watch that is read must have been opened. */
function isWhole(program: readonly Exchange[]): boolean {
  const open = new Set<string>();
  return program.every((exchange) => {
    if (exchange.open !== undefined) open.add(exchange.open);
    return exchange.read === undefined || open.has(exchange.read);
  });
}
