/** A file that text is appended to in order. A full disk costs lines, never the process; later lines are tried again. */
import { appendFile } from "node:fs/promises";
import type { Logger } from "../server/http/logger.ts";

export class AppendFile {
  readonly #file: string;
  readonly #logger: Logger;
  #last: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** Takes the text; it is written after what was given before. */
  write(text: string): void {
    this.#last = this.#last.then(() => this.#append(text));
  }

  /** Resolves when everything was written, or could not be. */
  close(): Promise<void> {
    return this.#last;
  }

  async #append(text: string): Promise<void> {
    try {
      await appendFile(this.#file, text, { mode: 0o600 });
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#logger.error({ err: error, file: this.#file }, "lines are lost");
      this.#isFailing = true;
    }
  }
}
