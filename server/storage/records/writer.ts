import type { Client } from "../../../cluster/client.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { StorageError } from "../store.ts";
import type { CatchUp } from "./catch-up.ts";
import { failureOf, isMissing, unavailable, within } from "./failure.ts";
import type { Mirror } from "./mirror.ts";
import type { RecordState } from "./record.ts";
import { decodeRecord, encodeRecord, recordResource, revisionOf } from "./record.ts";
import { recordName } from "./record-name.ts";

export interface WriterOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly mirror: Mirror;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads attempts. */
  readonly random: () => number;
  readonly catchUp: CatchUp;
  /** Unique among all processes and calls. */
  readonly writeId: () => string;
}

/** What a write does to a record. */
export interface Change {
  readonly key: string;
  readonly value: Buffer;
  readonly isDeleted: boolean;
}

/** One attempt may take so long, and all of them together. */
const attemptMs = 5_000;
const budgetMs = 15_000;
const firstDelayMs = 50;
const lastDelayMs = 1_000;

/**
 * Writes records. The rule for a write whose outcome is unknown (no answer, or a failure of the host that does not say
 * that nothing happened): it is never repeated blindly. Each write has an id that is kept in the record, and a
 * precondition: no record of that name, or exactly the resourceVersion it replaces. Before another attempt the record
 * is read back and the mirror brought up to that reading. If the mirror has seen the id, the write took effect. If the
 * record has moved on from the precondition and the id was not seen, the write did not happen and can no longer happen.
 * If the record still meets the precondition, the very same write is sent again: of two copies the precondition lets
 * only one through. If none of this can be told in time, the caller gets Unavailable, which leaves it open.
 */
export class Writer {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Replaces the state `base`, or makes a record when there is none. Resolves to the revision once its event was
   * delivered; to undefined when the record is not (any longer) in that state.
   */
  async write(change: Change, base: RecordState | undefined): Promise<number | undefined> {
    const attempt = new Attempt(this.#options, change, base);
    try {
      return await attempt.run();
    } finally {
      attempt.forget();
    }
  }

  /**
   * Reads the record of a key from the host and waits until the mirror has seen it. Afterwards the mirror knows every
   * change of this key that was acknowledged before the call. False when the host has no record.
   */
  async refresh(key: string): Promise<boolean> {
    return refresh(this.#options, key);
  }
}

/** What a record read back says about the precondition of a write. */
type Reading = "moved on" | "as before" | "unreadable";

class Attempt {
  readonly #options: WriterOptions;
  readonly #change: Change;
  readonly #base: RecordState | undefined;
  readonly #write: string;
  readonly #name: string;
  readonly #gaps: number;
  readonly #until: number;
  readonly #seen = Promise.withResolvers<number>();
  /** Forgets the expectation in the mirror. */
  readonly forget: () => void;
  #revision: number | undefined;
  #isUncertain = false;
  #failures = 0;
  /** The host asked for this much patience. */
  #notBeforeMs = 0;
  #error: unknown;

  constructor(options: WriterOptions, change: Change, base: RecordState | undefined) {
    this.#options = options;
    this.#change = change;
    this.#base = base;
    this.#write = options.writeId();
    this.#name = recordName(change.key);
    this.#gaps = options.mirror.gaps;
    this.#until = options.clock.now().getTime() + budgetMs;
    this.forget = options.mirror.expect(this.#write, {
      value: change.value,
      committed: (revision) => {
        this.#revision = revision;
        this.#seen.resolve(revision);
      },
    });
  }

  async run(): Promise<number | undefined> {
    for (;;) {
      const sent = await this.#send();
      if (sent !== "again") return sent === "stale" ? this.#settle() : sent;
      let found: Reading;
      do {
        await this.#pause();
        if (this.#revision !== undefined) return this.#revision;
        found = this.#isUncertain ? await this.#readBack() : "as before";
      } while (found === "unreadable");
      if (found === "moved on") return this.#settle();
    }
  }

  /** The watch may know the outcome before the answer comes, or without one. */
  async #send(): Promise<number | "stale" | "again"> {
    const cut = new AbortController();
    const cancel = this.#options.clock.setTimeout(() => {
      cut.abort();
    }, attemptMs);
    try {
      return await Promise.race([this.#seen.promise, this.#request(cut.signal)]);
    } finally {
      cancel();
    }
  }

  async #request(signal: AbortSignal): Promise<number | "stale" | "again"> {
    const { client, namespace, catchUp } = this.#options;
    const { key, value, isDeleted } = this.#change;
    const object = encodeRecord(namespace, key, { value, write: this.#write, isDeleted }, this.#base);
    const options = { fieldValidation: "Ignore", signal } as const;
    let revision: number;
    try {
      const { object: written } =
        this.#base === undefined
          ? await client.create(recordResource, object, options)
          : await client.update(recordResource, object, options);
      revision = revisionOf(written);
    } catch (error) {
      return this.#failed(error);
    }
    await catchUp(revision);
    return revision;
  }

  #failed(error: unknown): "stale" | "again" {
    this.#error = error;
    const failure = failureOf(error, this.#name);
    switch (failure.kind) {
      case "stale":
        return "stale";
      case "refused":
        throw failure.error;
      case "later":
        this.#notBeforeMs = failure.afterMs;
        return "again";
      case "unknown":
        this.#isUncertain = true;
        return "again";
    }
  }

  /** The precondition no longer holds: whether that was our own doing decides. */
  async #settle(): Promise<number | undefined> {
    await refresh(this.#options, this.#change.key);
    if (this.#revision !== undefined) return this.#revision;
    if (this.#isUncertain && this.#options.mirror.gaps !== this.#gaps) throw this.#undecided();
    return undefined;
  }

  async #readBack(): Promise<Reading> {
    const { mirror } = this.#options;
    try {
      const exists = await refresh(this.#options, this.#change.key);
      if (this.#revision !== undefined) return "moved on";
      if (!exists) return this.#base === undefined ? "as before" : "moved on";
      return mirror.record(this.#change.key)?.revision === this.#base?.revision ? "as before" : "moved on";
    } catch (error) {
      this.#error = error;
      return "unreadable";
    }
  }

  /** 50 ms doubling to 1 s, each between half of it and all of it; fails when the time is used up. */
  async #pause(): Promise<void> {
    const { clock, random } = this.#options;
    const full = Math.min(lastDelayMs, firstDelayMs * 2 ** this.#failures);
    this.#failures += 1;
    const ms = Math.max(this.#notBeforeMs, full * (0.5 + random() / 2));
    this.#notBeforeMs = 0;
    if (clock.now().getTime() + ms > this.#until) throw this.#undecided();
    const slept = new Promise((resolve) => {
      clock.setTimeout(() => {
        resolve(undefined);
      }, ms);
    });
    await Promise.race([slept, this.#seen.promise]);
  }

  #undecided(): StorageError {
    const { key } = this.#change;
    const why = this.#isUncertain
      ? `it is not known whether the write of ${key} took effect`
      : `the host did not take the write of ${key}`;
    return new StorageError("Unavailable", key, why, this.#error);
  }
}

async function refresh(options: WriterOptions, key: string): Promise<boolean> {
  const { client, namespace, clock, catchUp } = options;
  const name = recordName(key);
  let revision: number;
  try {
    const record = await within(clock, attemptMs, "a read of the host", () =>
      client.get(recordResource, { namespace, name }),
    );
    // Checks that the record is of this key.
    decodeRecord(record, () => Buffer.alloc(0));
    revision = revisionOf(record);
  } catch (error) {
    if (isMissing(error, name)) {
      options.mirror.forgetTombstone(key);
      return false;
    }
    throw unavailable(error, "the host cannot be read");
  }
  await catchUp(revision);
  return true;
}
