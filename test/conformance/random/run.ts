import { parse } from "yaml";
import type { Exchange } from "../replay/exchange.ts";
import type { Outcome } from "../replay/session.ts";
import { Session } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import { createNamespace } from "../twins/pair.ts";

const internalError = "request to convert CR to an invalid group/version: autoscaling/v1";

const isScaleApply = ({ patch, headers }: Exchange): boolean =>
  patch?.includes("/scale") === true && headers?.["content-type"] === "application/apply-patch+yaml";

const asDryRun = (target: string): string =>
  target.includes("dryRun=") ? target : `${target}${target.includes("?") ? "&" : "?"}dryRun=All`;

/**
 * What is different on purpose: an apply of a Scale may make kube-apiserver look for a Scale among the versions of the
 * kind, which is an internal error of it before it looks at anything else. It is on the list of decided differences.
 * Where we refuse such an apply, an update with the same Scale has to be refused by both in the same words.
 */
async function isDecided(session: Session, { exchange, real, ours }: Outcome): Promise<boolean> {
  if (real.status !== 500 || !real.body.includes(internalError)) return false;
  if (ours.status < 300) return true;
  const updated = await session.rehearse(asUpdate(exchange));
  return updated.isSame && updated.ours.status === ours.status && updated.ours.body === ours.body;
}

/** An update with the Scale that is applied, which has to say whose it is. */
function asUpdate({ patch = "", headers: _, body, ...rest }: Exchange): Exchange {
  const scale = JSON.parse(String(body)) as { readonly metadata?: object };
  const metadata = { name: nameIn(patch), namespace: "{{ns}}", ...scale.metadata };
  return { ...rest, put: asDryRun(patch), body: { ...scale, metadata } };
}

const nameIn = (target: string): string | undefined => /twins\/([^/?]+)/.exec(target)?.[1];

/**
 * The other difference on purpose: where an apply takes the last label or annotation, and somebody still owns the map,
 * kube-apiserver stores it empty, so that the next write that changes nothing is one. From there on the objects differ
 * by a revision.
 */
function isWriteOfNothing({ exchange, real, ours }: Outcome, before: readonly Exchange[]): boolean {
  const name = nameIn(exchange.put ?? exchange.patch ?? "");
  const wasApplied = before.some(({ apply, patch = "" }) => apply !== undefined && nameIn(patch) === name);
  const withoutRevision = (body: string): string => body.replaceAll(/<rv \d+(?:, of before)?>/g, "<rv>");
  return (
    name !== undefined &&
    wasApplied &&
    real.status === 200 &&
    ours.status === 200 &&
    /f:(?:labels|annotations)"?: ?\{\}/.test(real.body) &&
    withoutRevision(real.body) === withoutRevision(ours.body)
  );
}

/** Lists of what does not fit the schema are cut off at an undeclared field, which Go meets in no certain order. */
const listing =
  /^(?:.*?failed to (?:create typed|convert|prune)[^"]*?: )?(?=(?:errors:\n {2})?\.[\w.[\]={}"\\-]+: )/;

/** Whether two refusals name, after the same beginning, some of the same problems. */
function isSameListing({ real, ours }: Outcome): boolean {
  const [said, told] = [messageOf(real.body), messageOf(ours.body)];
  const [head] = listing.exec(said) ?? [];
  if (head === undefined || real.status !== ours.status || !told.includes(head)) return false;
  const problems = (message: string): string[] => message.match(/\.[\w.[\]={}"\\]+: [^\n]+/g) ?? [];
  const known = new Set(problems(told));
  return problems(said).some((problem) => known.has(problem));
}

/** What a Status says, in JSON or YAML. */
function messageOf(body: string): string {
  if (!/^(?:\{|apiVersion)/.test(body) || !/failed to |field not declared in schema/.test(body)) return "";
  return (parse(body) as { readonly message?: string }).message ?? "";
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
    for (const [at, exchange] of program.entries()) {
      if (isScaleApply(exchange) && (await isLeftOut(session, exchange))) continue;
      const outcome = await session.run(exchange);
      if (outcome.isSame || isSameListing(outcome)) continue;
      return isWriteOfNothing(outcome, program.slice(0, at)) ? undefined : outcome;
    }
    return undefined;
  } finally {
    session.close();
  }
}

/**
 * An apply of a Scale is rehearsed: what only one server would do is left out, so that the rest of the program finds
 * the same objects on both.
 */
async function isLeftOut(session: Session, exchange: Exchange): Promise<boolean> {
  const rehearsed = await session.rehearse({ ...exchange, patch: asDryRun(exchange.patch ?? "") });
  return !rehearsed.isSame && (await isDecided(session, rehearsed));
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
