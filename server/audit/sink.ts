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
  readonly flushBytes?: number;
}

/** A sink that writes at the latest after `flushMs`, or as soon as enough has come together. */
export class BufferedAuditSink implements AuditSink {
  readonly #options: BufferedAuditSinkOptions;
  #lines: string[] = [];
  #size = 0;
  #cancel: Cancel | undefined;

  constructor(options: BufferedAuditSinkOptions) {
    this.#options = options;
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#size += line.length + 1;
    if (this.#size >= (this.#options.flushBytes ?? 64 * 1024)) this.flush();
    else
      this.#cancel ??= this.#options.clock.setTimeout(() => {
        this.flush();
      }, this.#options.flushMs ?? 200);
  }

  /** Writes what is there; called once more when the server has stopped. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#size = 0;
    this.#options.output(text);
  }
}
