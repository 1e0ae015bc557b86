/** Lets one task per key run at a time; tasks of a key run in the order they came. Keys without tasks cost nothing. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs the task when all earlier ones of the key are done, whatever their outcome. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const own = before === undefined ? task() : before.then(task, task);
    const tail = own.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await own;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
