/** Runs exchanges one after the other on both servers, in a namespace of their own. */
import { isPlainBookmark, Mask } from "../twins/mask.ts";
import { tokenRevision } from "../twins/mask-relations.ts";
import type { Pair, Twin } from "../twins/pair.ts";
import type { WireRequest, WireResponse, WireStream } from "../twins/wire.ts";
import { isSame, see } from "./compare.ts";
import type { Seen } from "./compare.ts";
import type { Exchange } from "./exchange.ts";
import { requestOf } from "./exchange.ts";

export interface Outcome {
  readonly exchange: Exchange;
  readonly real: Seen;
  readonly ours: Seen;
  readonly isSame: boolean;
}

/** One program of exchanges; later ones know what earlier ones were answered. */
export class Session {
  readonly #namespace: string;
  readonly #real: Side;
  readonly #ours: Side;

  constructor(pair: Pick<Pair, "real" | "ours">, namespace: string) {
    this.#namespace = namespace;
    this.#real = new Side(pair.real);
    this.#ours = new Side(pair.ours);
  }

  async run(exchange: Exchange): Promise<Outcome> {
    if (exchange.pause === true) await this.#pause();
    const [real, ours] =
      exchange.read !== undefined && (exchange.count ?? 1) < 0
        ? await readAll(this.#real, this.#ours, exchange.read)
        : await Promise.all([this.#real, this.#ours].map((side) => side.run(exchange, this.#namespace)));
    const outcome = {
      exchange,
      real: real!,
      ours: ours!,
      isSame: exchange.isSetup === true ? isSuccess(real!) && isSuccess(ours!) : isSame(real!, ours!),
    };
    if (!outcome.isSame) {
      const last = Math.max(this.#real.mask.last, this.#ours.mask.last);
      this.#real.mask.continueFrom(last);
      this.#ours.mask.continueFrom(last);
    }
    return outcome;
  }

  /** Sends to both and compares what they say, and learns nothing from it: for a dry run that only one may take. */
  async rehearse(exchange: Exchange): Promise<Outcome> {
    const [real, ours] = await Promise.all(
      [this.#real, this.#ours].map((side) => side.rehearse(exchange, this.#namespace)),
    );
    return { exchange, real: real!, ours: ours!, isSame: isSame(real!, ours!) };
  }

  /** Waits until it is another second. */
  async #pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1001));
    for (const { mask } of [this.#real, this.#ours]) mask.paused();
  }

  /** Ends what watches are still open. */
  close(): void {
    this.#real.close();
    this.#ours.close();
  }
}

const isSuccess = ({ status }: Seen): boolean => status < 300;

/** How long a watch says nothing before it is taken to have told everything. */
const quiet = 60;
/** How long something that has to come is waited for, on a machine that is busy with something else. */
const patience = 30_000;

/** What both watches of a name have told: until they told equally much and say nothing more. */
async function readAll(real: Side, ours: Side, name: string): Promise<readonly Seen[]> {
  const sides = [real, ours].map((side) => ({ side, lines: [] as string[] }));
  for (const until = Date.now() + patience; ;) {
    const more = await Promise.all(
      sides.map(async ({ side, lines }) => {
        const found = await side.more(name, quiet);
        lines.push(...found);
        return found.length;
      }),
    );
    const isEven = sides[0]!.lines.length === sides[1]!.lines.length;
    if (more.every((count) => count === 0) && (isEven || Date.now() > until)) break;
  }
  return sides.map(({ side, lines }) => ({
    status: 200,
    headers: [],
    body: side.mask.lines(lines).join("\n"),
  }));
}

class Side {
  readonly #twin: Twin;
  readonly mask = new Mask();
  readonly #known = new Map<string, Record<string, string>>();
  readonly #streams = new Map<string, WireStream>();

  constructor(twin: Twin) {
    this.#twin = twin;
  }

  async run(exchange: Exchange, namespace: string): Promise<Seen> {
    if (exchange.read !== undefined) return this.#read(exchange.read, exchange.count ?? 1);
    const request = requestOf(exchange, namespace, this.#known);
    if (exchange.open !== undefined) {
      const stream = await this.#twin.wire.open(request);
      this.#streams.set(exchange.open, stream);
      return see(stream.response, this.mask);
    }
    const response = await this.#send(request, exchange.until);
    this.#remember(exchange, response);
    return see(response, this.mask, exchange.pick, tokenRevision(request.path));
  }

  async rehearse(exchange: Exchange, namespace: string): Promise<Seen> {
    const response = await this.#send(requestOf(exchange, namespace, this.#known), undefined);
    return see(response, this.mask.copy(), exchange.pick);
  }

  async #send(request: WireRequest, until: number | undefined): Promise<WireResponse> {
    for (const end = Date.now() + patience; ;) {
      const response = await this.#twin.wire.send(request);
      if (until === undefined || response.status === until || Date.now() > end) return response;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
  }

  /** The events that are there or come while it is waited, without bookmarks. */
  async more(name: string, milliseconds: number): Promise<readonly string[]> {
    const stream = this.#stream(name);
    const first = await stream.lines(1, milliseconds);
    return [...first, ...(await stream.lines(10_000, 0))].filter((line) => !isPlainBookmark(line));
  }

  #stream(name: string): WireStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`no watch ${name} is open`);
    return stream;
  }

  /** Waits for so many events, and a little longer for one too many. */
  async #read(name: string, count: number): Promise<Seen> {
    const stream = this.#stream(name);
    const lines: string[] = [];
    const until = Date.now() + patience;
    while (lines.length < count && Date.now() < until) {
      const more = await stream.lines(1, until - Date.now());
      if (more.length === 0) break;
      lines.push(...more.filter((line) => !isPlainBookmark(line)));
    }
    lines.push(...(await stream.lines(100, 50)));
    return { status: 200, headers: [], body: this.mask.lines(lines).join("\n") };
  }

  #remember(exchange: Exchange, response: WireResponse): void {
    const etag = response.headers.find(([header]) => header === "etag")?.[1].replaceAll('"', "");
    const metadata = metadataOf(response.body) ?? (etag === undefined ? undefined : {});
    if (metadata === undefined) return;
    const { name, uid, resourceVersion, continue: token } = metadata;
    const of = { rv: resourceVersion ?? "", uid: uid ?? "", continue: token ?? "", name: name ?? "" };
    const known = { ...of, ...(etag === undefined ? {} : { etag }) };
    if (exchange.as !== undefined) this.#known.set(exchange.as, known);
    // A dry run's answer is no news of the object; one that creates answers whatever revision it was given.
    if (name !== undefined && uid !== undefined && resourceVersion !== undefined && !isDryRun(exchange))
      this.#known.set(name, known);
  }
}

const isDryRun = ({ post, put, patch, delete: deleted }: Exchange): boolean =>
  [post, put, patch, deleted].some((path) => path?.includes("dryRun=") === true);

function metadataOf(body: string): Record<string, string | undefined> | undefined {
  try {
    return (JSON.parse(body) as { metadata?: Record<string, string> }).metadata;
  } catch {
    return undefined;
  }
}
