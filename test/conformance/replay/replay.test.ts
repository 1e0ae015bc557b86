import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pair } from "../twins/pair.ts";
import { noApiServer } from "../../support/control-plane.ts";
import { createNamespace, startPair } from "../twins/pair.ts";
import { readCorpus, readDecided } from "./corpus.ts";
import { printDifference, textOf } from "./print.ts";
import { Session } from "./session.ts";

const why = noApiServer();
if (why !== undefined) console.warn(`skipped: ${why}`);

const corpus = readCorpus();
const decided = readDecided();
const keyOf = (section: string, name: string): string => `${section}: ${name}`;

test("every decided difference names an exchange, and every exchange has a name of its own", () => {
  const keys = corpus.flatMap(({ section, exchanges }) =>
    exchanges.map((exchange) => keyOf(section, exchange.name)),
  );
  expect([...decided.keys()].filter((key) => !keys.includes(key))).toEqual([]);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
});

describe.skipIf(why !== undefined)("as kube-apiserver answers", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(async () => {
    await pair.stop();
  });

  describe.each(corpus)("$name", ({ section, name, exchanges }) => {
    let session: Session;
    beforeAll(async () => {
      const namespace = `replay-${name.replace("/", "-")}-${Date.now().toString(36)}`;
      await createNamespace(pair, namespace);
      session = new Session(pair, namespace);
    });
    afterAll(() => {
      session.close();
    });

    test.each(exchanges)("$name", async (exchange) => {
      const outcome = await session.run(exchange);
      if (decided.has(keyOf(section, exchange.name))) {
        expect(outcome.isSame, "a decided difference is gone: take it off the list").toBe(false);
      } else if (!outcome.isSame) {
        expect(textOf(outcome.ours), printDifference(outcome)).toBe(textOf(outcome.real));
      }
    });
  });
});
