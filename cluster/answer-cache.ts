import { LRUCache } from "lru-cache";
import type { Clock } from "../machinery/clock.ts";

export interface AnswerCacheOptions<T extends object> {
  readonly clock: Clock;
  readonly max: number;
  /** Of the questions and, as JSON, the answers; 16 MiB unless told otherwise. */
  readonly maxBytes?: number;
  /** How long an answer holds, in milliseconds. */
  readonly lifetime: (answer: T) => number;
}

const defaultMaxBytes = 16 * 1024 * 1024;

/** Answers to questions that are asked again and again. Callers with the same question share one; failures are not kept. */
export class AnswerCache<T extends object> {
  readonly #options: AnswerCacheOptions<T>;
  readonly #known: LRUCache<string, { readonly answer: T; readonly until: number }>;
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: AnswerCacheOptions<T>) {
    this.#options = options;
    this.#known = new LRUCache({
      max: options.max,
      maxSize: options.maxBytes ?? defaultMaxBytes,
      sizeCalculation: ({ answer }, key) => key.length + JSON.stringify(answer).length,
    });
  }

  /** The answer at once when it is known. */
  peek(key: string): T | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    if (this.#options.clock.now().getTime() < known.until) return known.answer;
    this.#known.delete(key);
    return undefined;
  }

  /** Asks unless the answer is known or somebody is asking already. */
  ask(key: string, question: () => Promise<T>): Promise<T> {
    const known = this.peek(key);
    if (known !== undefined) return Promise.resolve(known);
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = question()
        .then((answer) => {
          const until = this.#options.clock.now().getTime() + this.#options.lifetime(answer);
          this.#known.set(key, { answer, until });
          return answer;
        })
        .finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }
}
