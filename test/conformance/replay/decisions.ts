import { expect } from "vitest";
import type { Decided, DecidedAnswers } from "./corpus.ts";
import { printDifference, textOf } from "./print.ts";
import type { Outcome } from "./session.ts";

/** The differences that are wanted, and the judgement of an outcome by them. */
export class Decisions {
  readonly #answers: ReadonlyMap<string, DecidedAnswers>;

  constructor(decided: readonly Decided[], way: "direct" | "behind" = "direct") {
    const here = decided.filter(({ only }) => only === undefined || only === way);
    this.#answers = new Map(here.flatMap(({ exchanges = {} }) => Object.entries(exchanges)));
  }

  /** Fails unless both said the same, or what was decided that each of them says. */
  check(exchange: string, outcome: Outcome): void {
    const { real, ours } = outcome;
    const wanted = this.#answers.get(exchange);
    if (wanted === undefined) {
      if (!outcome.isSame) expect(textOf(ours), printDifference(outcome)).toBe(textOf(real));
      return;
    }
    expect(outcome.isSame, "a decided difference is gone: take it off the list").toBe(false);
    for (const [seen, texts] of [
      [real, wanted.kubernetes],
      [ours, wanted.hawsepipe],
    ] as const) {
      expect(
        texts.filter((text) => !textOf(seen).includes(text)),
        `${printDifference(outcome)}\n\nanswered, and not as decided:\n${textOf(seen).slice(0, 2000)}`,
      ).toEqual([]);
    }
  }
}
