import { expect, test } from "vitest";
import { requestOf } from "../replay/exchange.ts";
import { aProgram } from "./program.ts";

test("a program is the same for the same seed, and every request of it can be made", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const program = aProgram(seed, 40);
    if (seed <= 20) expect(aProgram(seed, 40)).toEqual(program);
    for (const exchange of program) {
      if (exchange.read === undefined) expect(requestOf(exchange, "n", new Map()).path).toMatch(/^\//);
    }
  }
});
