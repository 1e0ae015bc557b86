import type { Exchange } from "../replay/exchange.ts";
import type { Outcome } from "../replay/session.ts";
import { Session } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import { createNamespace } from "../twins/pair.ts";

const isScaleApply = ({ patch, headers }: Exchange): boolean =>
  patch?.includes("/scale") === true && headers?.["content-type"] === "application/apply-patch+yaml";

/**
 * An apply of a Scale is tried first where kube-apiserver may fail: what only one server would do is left out, so that
 * the rest of the program finds the same objects on both.
 */
function rehearsal(exchange: Exchange): readonly Exchange[] {
  const { patch = "" } = exchange;
  if (!isScaleApply(exchange) || patch.includes("dryRun=")) return [];
  return [{ ...exchange, patch: `${patch}${patch.includes("?") ? "&" : "?"}dryRun=All` }];
}

/**
 * What is different on purpose: an apply of a Scale makes kube-apiserver look for a Scale among the versions of the
 * kind, which is an internal error of it, where we apply it. It is on the list of decided differences.
 */
const isDecided = ({ exchange, real, ours }: Outcome): boolean =>
  isScaleApply(exchange) &&
  exchange.patch?.includes("dryRun=All") === true &&
  real.status === 500 &&
  real.body.includes("request to convert CR to an invalid group/version: autoscaling/v1") &&
  ours.status < 300;

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
): Promise<Outcome | undefined> {
  await createNamespace(pair, namespace);
  const session = new Session(pair, namespace);
  try {
    for (const exchange of program) {
      for (const sent of [...rehearsal(exchange), exchange]) {
        const outcome = await session.run(sent);
        if (outcome.isSame || isSameListing(outcome)) continue;
        if (isDecided(outcome)) break;
        return { ...outcome, exchange };
      }
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
