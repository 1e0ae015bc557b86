import type { FieldError } from "../field/error.ts";
import { tooMany } from "../field/error.ts";

/** The state of one validation: where we are and what was found. Paths become text only when something is wrong. */
export class ValidationRun {
  readonly errors: FieldError[] = [];
  readonly #path: (string | number)[] = [];

  enter(step: string | number): void {
    this.#path.push(step);
  }

  leave(): void {
    this.#path.pop();
  }

  /** The dotted path value errors use, map keys too; empty at the root. */
  path(): string {
    let text = "";
    for (const step of this.#path) {
      if (typeof step === "number") text += `[${String(step)}]`;
      else text += text === "" ? step : `.${step}`;
    }
    return text;
  }

  add(error: FieldError): void {
    this.errors.push(error);
  }

  tooMany(actual: number, max: number): void {
    this.errors.push(tooMany(this.path(), actual, max));
  }
}
