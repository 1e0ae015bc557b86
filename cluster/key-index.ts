/** The keys of objects by a value they have. Mostly a value has one key, which then needs no set of its own. */
export class KeyIndex {
  readonly #byValue = new Map<string, string | Set<string>>();

  keysOf(value: string): Iterable<string> {
    const keys = this.#byValue.get(value);
    return typeof keys === "string" ? [keys] : (keys ?? []);
  }

  add(value: string, key: string): void {
    const keys = this.#byValue.get(value);
    if (keys === undefined) this.#byValue.set(value, key);
    else if (typeof keys !== "string") keys.add(key);
    else if (keys !== key) this.#byValue.set(value, new Set([keys, key]));
  }

  remove(value: string, key: string): void {
    const keys = this.#byValue.get(value);
    if (keys === key) this.#byValue.delete(value);
    if (typeof keys !== "object" || !keys.delete(key)) return;
    const [last, another] = keys;
    if (last !== undefined && another === undefined) this.#byValue.set(value, last);
  }
}
