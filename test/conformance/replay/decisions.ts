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

  /**
   * Fails unless kube-apiserver said what the exchange says that it does, and both said the same, or what was decided
   * that each of them says.
   */
  check(exchange: string, outcome: Outcome): void {
    const { real, ours } = outcome;
    const surprise = surpriseIn(outcome);
    if (surprise !== undefined) expect.fail(surprise);
    const wanted = this.#answers.get(exchange);
    if (wanted === undefined) {
      if (outcome.isSame) return;
      expect(textOf(ours), printDifference(outcome)).toBe(textOf(real));
      // What is the same and no success all the same: a preparation.
      expect.fail(printDifference(outcome));
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

/** How kube-apiserver answered otherwise than the exchange says; what is compared then is not what was meant. */
export function surpriseIn({ exchange, real }: Outcome): string | undefined {
  const { status, read, count, pick } = exchange;
  const said = `kube-apiserver said\n${textOf(real).slice(0, 2000)}`;
  if (read !== undefined) {
    const told = real.body === "" ? 0 : real.body.split("\n").length;
    return count === told || (count ?? 1) < 0
      ? undefined
      : `${String(told)} events instead of ${String(count)}: ${said}`;
  }
  if (status !== undefined && real.status !== status) {
    return `${String(real.status)} instead of ${String(status)}: ${said}`;
  }
  return pick !== undefined && real.status < 300 && real.body === ""
    ? `nothing below ${pick.join(", ")}: ${said}`
    : undefined;
}
