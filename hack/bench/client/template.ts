import { groups, namespaces } from "./jobs.ts";

let serial = Date.now() % 1_000_000_000;

/** A number that never comes again in this process. */
export const nextSerial = (): number => (serial += 1);

/** A text with places for numbers, taken apart once. */
export class Template {
  readonly #parts: readonly string[];

  constructor(text: string) {
    this.#parts = text.split(/(\{(?:i|n|g|serial)\})/);
  }

  /** Whether there are no places in it. */
  get isConstant(): boolean {
    return this.#parts.length === 1;
  }

  fill(i: number, serialNumber: number): string {
    let text = "";
    for (const part of this.#parts) {
      if (part === "{i}") text += String(i);
      else if (part === "{n}") text += String(i % namespaces);
      else if (part === "{g}") text += String(Math.floor(i / namespaces) % groups);
      else if (part === "{serial}") text += String(serialNumber);
      else text += part;
    }
    return text;
  }
}
