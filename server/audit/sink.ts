/** Where audit lines go. Lines are collected and written together, so that a request does not wait for a disk. */
import type { Cancel, Clock } from "../../machinery/clock.ts";

export interface AuditSink {
  /** Takes one event as a JSON line without its newline; must not throw or wait. */
  write(line: string): void;
}

export interface BufferedAuditSinkOptions {
  /** Writes text to its destination; several lines at once. */
  readonly output: (text: string) => void;
  readonly clock: Clock;
  readonly flushMs?: number;
  readonly flushLength?: number;
}

/** A thousand requests or so: each time the file is opened, written and closed by other threads. */
const enough = 512 * 1024;

/** A sink that writes at the latest after `flushMs`, or as soon as enough has come together. */
export class BufferedAuditSink implements AuditSink {
  readonly #options: BufferedAuditSinkOptions;
  #text = "";
  #cancel: Cancel | undefined;

  constructor(options: BufferedAuditSinkOptions) {
    this.#options = options;
  }

  write(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length >= (this.#options.flushLength ?? enough)) this.flush();
    else
      this.#cancel ??= this.#options.clock.setTimeout(() => {
        this.flush();
      }, this.#options.flushMs ?? 200);
  }

  /** Writes what is there; called once more when the server has stopped. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#options.output(text);
  }
}
