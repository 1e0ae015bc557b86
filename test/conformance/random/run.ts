import type { Exchange } from "../replay/exchange.ts";
import type { Outcome } from "../replay/session.ts";
import { Session } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import { createNamespace } from "../twins/pair.ts";

/**
 * What is different on purpose, and ends a program where it is met: an apply of a Scale that makes kube-apiserver look
 * for a Scale among the versions of the kind is an internal error of it. It is on the list of decided differences.
 */
const isDecided = ({ real }: Outcome): boolean =>
  real.status === 500 &&
  real.body.includes("request to convert CR to an invalid group/version: autoscaling/v1");

/** Lists of what does not fit the schema are cut off at an undeclared field, which Go meets in no certain order. */
const listing = /failed to (?:create typed|convert) [^"]*?: /;

/** Whether two refusals name, after the same beginning, some of the same problems. */
function isSameListing({ real, ours }: Outcome): boolean {
  const [head] = listing.exec(real.body) ?? [];
  if (head === undefined || real.status !== ours.status || !ours.body.includes(head)) return false;
  const problems = (body: string): Set<string> => new Set(body.match(/\.[\w.[\]={}"\\]+: [^\\"]+/g));
  const told = problems(ours.body);
  return [...problems(real.body)].some((problem) => told.has(problem));
}

/** Runs a program on both servers, in a new namespace; answers the first difference. */
export async function firstDifference(
  pair: Pick<Pair, "real" | "ours">,
  program: readonly Exchange[],
  namespace: string,
  seen: (outcome: Outcome) => void = () => undefined,
): Promise<Outcome | undefined> {
  await createNamespace(pair, namespace);
  const session = new Session(pair, namespace);
  try {
    for (const exchange of program) {
      const outcome = await session.run(exchange);
      if (!outcome.isSame && !isSameListing(outcome)) return isDecided(outcome) ? undefined : outcome;
      seen(outcome);
    }
    return undefined;
  } finally {
    session.close();
  }
}

/** Does the work for every item, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
