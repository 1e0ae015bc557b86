/**
 * Asks running servers about themselves, in the background and with jitter: a pass takes what is known and never waits.
 * Each is asked at the Service it has, which is owned by the distribution; what others write into its status leads nowhere.
 */
import type { JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getPath } from "../../machinery/json/value.ts";
import type { Cancel, Clock } from "../../machinery/clock.ts";
import { messageOf } from "../failure.ts";
import type { ServerReport } from "./server-report.ts";
import { providersOf, versionIn, withoutCredentials } from "./server-report.ts";

/** An answer of a server: its status, and its body where that is JSON. */
export interface ServerAnswer {
  readonly status: number;
  readonly body: JsonValue | undefined;
}

/** Asks a URL; rejects when no answer comes in time. `ca` is PEM of authorities trusted beside the system's. */
export type AskServer = (
  url: string,
  options: { readonly ca?: string; readonly timeoutMs: number },
) => Promise<ServerAnswer>;

/** A server that has pods to answer. */
export interface Target {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Without a path. */
  readonly url: string;
  readonly ca?: string;
  /** The configuration it runs on, where that was generated. */
  readonly config: JsonValue | undefined;
}

export interface ServerWatch {
  /** Asks the server from now on; gives what it said last. */
  follow(target: Target): ServerReport | undefined;
  /** Asks it no more. */
  leave(uid: string): void;
  stop(): void;
}

export interface ServerWatchOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly ask: AskServer;
  /** A server says something else than before. */
  readonly onChange: (namespace: string, name: string) => void;
}

interface Followed {
  /** The same for as long as it is followed at one address without a break. */
  readonly since: symbol;
  readonly target: Target;
  readonly report?: ServerReport;
  readonly cancel: Cancel;
}

const everyMs = 60_000;
/** The first question to a server comes this soon at the latest, so that a restart asks not all of them at once. */
const firstWithinMs = 5_000;
const timeoutMs = 5_000;
const atOnce = 16;

export function createServerWatch(options: ServerWatchOptions): ServerWatch {
  return new Watch(options);
}

class Watch implements ServerWatch {
  readonly #options: ServerWatchOptions;
  readonly #followed = new Map<string, Followed>();
  #asking = 0;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  follow(target: Target): ServerReport | undefined {
    const known = this.#followed.get(target.uid);
    const isSame = known?.target.url === target.url && known.target.ca === target.ca;
    if (known !== undefined && isSame) {
      this.#followed.set(target.uid, { ...known, target });
      return known.report;
    }
    known?.cancel();
    const cancel = this.#schedule(target.uid, this.#options.random() * firstWithinMs);
    this.#followed.set(target.uid, { since: Symbol(), target, cancel });
    return undefined;
  }

  leave(uid: string): void {
    this.#followed.get(uid)?.cancel();
    this.#followed.delete(uid);
  }

  stop(): void {
    for (const uid of this.#followed.keys()) this.leave(uid);
  }

  #schedule(uid: string, ms: number): Cancel {
    return this.#options.clock.setTimeout(() => void this.#look(uid), ms);
  }

  async #look(uid: string): Promise<void> {
    const { random, onChange } = this.#options;
    const followed = this.#followed.get(uid);
    if (followed === undefined) return;
    const { target, since } = followed;
    if (this.#asking >= atOnce) {
      this.#again(uid, random() * firstWithinMs);
      return;
    }
    this.#asking += 1;
    const report = await this.#report(target).finally(() => {
      this.#asking -= 1;
    });
    const now = this.#followed.get(uid);
    // Left while it was asked, or followed elsewhere or anew: other pods answer now, and are asked soon.
    if (now?.since !== since) return;
    this.#followed.set(uid, { ...now, report });
    this.#again(uid, everyMs * (0.9 + 0.2 * random()));
    if (!equalJson(asPlain(now.report), asPlain(report))) onChange(target.namespace, target.name);
  }

  #again(uid: string, ms: number): void {
    const followed = this.#followed.get(uid);
    if (followed === undefined) return;
    followed.cancel();
    this.#followed.set(uid, { ...followed, cancel: this.#schedule(uid, ms) });
  }

  async #report({ url, ca, config }: Target): Promise<ServerReport> {
    const get = (path: string): Promise<ServerAnswer | string> =>
      this.#options
        .ask(`${url}${path}`, { timeoutMs, ...(ca === undefined ? {} : { ca }) })
        .catch((error: unknown) => withoutCredentials(messageOf(error)));
    const health = await get("/v1/health");
    // Whether it serves is for its probes to say: from here it may be out of reach for other reasons.
    if (typeof health === "string")
      return { health: "unknown", message: `no answer: ${health}`, providers: [] };
    const [versions, providers] = await Promise.all([get("/v1/version"), get("/v1/providers")]);
    const version = versionIn(bodyOf(versions));
    return {
      health: health.status === 200 ? "passed" : "failed",
      message: `the server answers ${String(health.status)} at /v1/health`,
      ...(version === undefined ? {} : { version }),
      providers: providersOf(bodyOf(providers), config),
    };
  }
}

/** The body of an answer that is one. */
const bodyOf = (answer: ServerAnswer | string): JsonValue | undefined =>
  typeof answer !== "string" && answer.status === 200 ? answer.body : undefined;

const asPlain = (report: ServerReport | undefined): JsonValue =>
  getPath({ report: (report ?? null) as unknown as JsonValue }, "report") ?? null;
