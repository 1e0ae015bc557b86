import type { Sender } from "../twins/wire.ts";

/** Texts that one server writes into more answers than can be listed: taken out before anything is compared. */
export class LeftOut {
  readonly #patterns: readonly RegExp[];
  readonly #seen = new Set<RegExp>();

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => new RegExp(pattern, "g"));
  }

  /** The text without them. */
  remove(text: string): string {
    return this.#patterns.reduce(
      (rest, pattern) =>
        rest.replaceAll(pattern, () => {
          this.#seen.add(pattern);
          return "";
        }),
      text,
    );
  }

  /** A sender whose answers are without them. */
  from(wire: Sender): Sender {
    return {
      send: async (request) => {
        const response = await wire.send(request);
        return { ...response, body: this.remove(response.body) };
      },
      open: (request) => wire.open(request),
      close: () => {
        wire.close();
      },
    };
  }

  /** Those that stood in no answer so far. */
  get unseen(): readonly string[] {
    return this.#patterns.filter((pattern) => !this.#seen.has(pattern)).map(({ source }) => source);
  }
}
