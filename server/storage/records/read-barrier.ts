import { isApiError } from "../../../api/errors/api-error.ts";
import type { Client } from "../../../cluster/client.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { unavailable, within } from "./failure.ts";
import type { Mirror } from "./mirror.ts";
import { barrierName, encodeMark, isMark, parseRevision, recordResource, revisionOf } from "./record.ts";
import type { CatchUp } from "./catch-up.ts";

export interface ReadBarrierOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly catchUp: CatchUp;
  /** Unique among all processes and calls. */
  readonly writeId: () => string;
  /** Told when the host did not answer in time: the watch may hang on the same broken way. */
  readonly onSilence: () => void;
}

/** Up to so many records, asking for the newest is cheaper than writing. */
const askUpTo = 200;
/** How many rounds a busy host is not asked after asking turned out not to help, or to be slow. */
const roundsUnasked = 200;
/** A list that sees every write waits in kube-apiserver for its own watch of etcd, on a busy host for up to 100 ms. */
const slowMs = 20;
const callMs = 5_000;

/**
 * Makes sure that this process has seen every write that was acknowledged anywhere. The host is asked by a list
 * without a resourceVersion, which is a quorum read. With few records the answer names the newest of them, and the
 * mirror is current when it has seen that one. With many, the list's resourceVersion alone must do; it moves with
 * every write to the host, of any kind, so on a busy host the mirror may have seen all records and still not know it.
 * Then, and when the host is slow to answer such lists, a mark is written: when the watch delivers it, everything
 * before it has been delivered.
 */
export class ReadBarrier {
  readonly #options: ReadBarrierOptions;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #unasked = 0;

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
  }

  /** Callers that come while a round runs share the next one: the running one may have read before they called. */
  pass(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const round = this.#round().finally(() => {
      if (this.#running === round) this.#running = undefined;
    });
    this.#running = round;
    return round;
  }

  async #round(): Promise<void> {
    const { clock, onSilence } = this.#options;
    try {
      const target = await within(clock, callMs, "a read of the host", (late) => {
        late.addEventListener("abort", onSilence, { once: true });
        return this.#target(late);
      });
      await this.#options.catchUp(target);
    } catch (error) {
      throw unavailable(error, "the host cannot be read");
    }
  }

  /** A resourceVersion not older than any write acknowledged by now, that the watch is sure to reach. */
  async #target(late: AbortSignal): Promise<number> {
    const { client, namespace, mirror, clock } = this.#options;
    if (this.#unasked > 0) {
      this.#unasked -= 1;
      return this.#mark(late);
    }
    const limit = mirror.size <= askUpTo ? askUpTo + 50 : 1;
    const begun = clock.now().getTime();
    const page = await client.list(recordResource, {
      namespace,
      limit,
      metadataOnly: true,
      signal: late,
    });
    if (clock.now().getTime() - begun > slowMs) this.#unasked = roundsUnasked;
    if (page.continue === "") {
      const keys = page.items.filter(({ metadata }) => !isMark(metadata.name ?? ""));
      return Math.max(0, ...keys.map(revisionOf));
    }
    const revision = parseRevision(page.resourceVersion, "a list");
    if (revision <= mirror.seen) return revision;
    this.#unasked = roundsUnasked;
    return this.#mark(late);
  }

  async #mark(late: AbortSignal): Promise<number> {
    const { client, namespace, writeId } = this.#options;
    const write = writeId();
    try {
      const patched = await client.mergePatch(
        recordResource,
        { namespace, name: barrierName },
        { spec: { write } },
        { fieldValidation: "Ignore", signal: late },
      );
      return revisionOf(patched.object);
    } catch (error) {
      if (!isApiError(error, "NotFound") || error.details?.name !== barrierName) throw error;
    }
    try {
      const created = await client.create(recordResource, encodeMark(namespace, barrierName, write), {
        signal: late,
      });
      return revisionOf(created.object);
    } catch (error) {
      if (isApiError(error, "AlreadyExists")) return this.#mark(late);
      throw error;
    }
  }
}
