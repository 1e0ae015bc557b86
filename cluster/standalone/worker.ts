import { isApiError } from "../../api/errors/api-error.ts";
import type { Clock } from "../../machinery/clock.ts";
import { exponentialBackoff } from "../../machinery/queue/backoff.ts";
import { createWorkQueue } from "../../machinery/queue/work-queue.ts";

/** A queue of keys with workers on it, for the small controllers of a standalone server. */
export interface Worker {
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  /** Lets what is running finish; what is queued is dropped with the process. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly workers: number;
  readonly process: (key: string) => Promise<void>;
  readonly onError: (key: string, error: unknown) => void;
}

/** Processes keys, one at a time per key. A failure is repeated with backoff; conflicts are too common to report. */
export function startWorker(options: WorkerOptions): Worker {
  const queue = createWorkQueue<string>({
    clock: options.clock,
    backoff: exponentialBackoff({ baseMs: 20, maxMs: 30_000, random: options.random }),
  });
  async function work(): Promise<void> {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      try {
        await options.process(key);
        queue.forget(key);
      } catch (error) {
        if (!isApiError(error, "Conflict")) options.onError(key, error);
        queue.addRateLimited(key);
      } finally {
        queue.done(key);
      }
    }
  }
  for (let i = 0; i < options.workers; i += 1) void work();
  return {
    add: (key) => {
      queue.add(key);
    },
    addAfter: (key, ms) => {
      queue.addAfter(key, ms);
    },
    stop: () => queue.drain(),
  };
}
