import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pair } from "../twins/pair.ts";
import { noApiServer } from "../../support/control-plane.ts";
import { createNamespace, overHttp2, startPair } from "../twins/pair.ts";
import { readCorpus, readDecided, readDeploymentCorpus } from "./corpus.ts";
import { Decisions } from "./decisions.ts";
import { inLanes } from "./lanes.ts";
import { Session } from "./session.ts";

const why = noApiServer();
if (why !== undefined) console.warn(`skipped: ${why}`);

const corpus = readCorpus();
const decided = readDecided();
const decisions = new Decisions(decided);

/** Every file is replayed over HTTP/1.1; these, which have every kind of request and answer, over HTTP/2 too. */
const alsoOverHttp2 = new Set([
  "create/objects",
  "controllers/requests",
  "errors/requests",
  "limits/sizes",
  "negotiation/compression",
  "runtime/json",
  "transport/queries",
  "watch/streams",
]);

test("a difference is decided once, for an exchange there is, and there are no more than twelve decisions", () => {
  const keys = [...corpus, ...readDeploymentCorpus()].flatMap(({ section, exchanges }) =>
    exchanges.map((exchange) => `${section}: ${exchange.name}`),
  );
  const named = decided.flatMap(({ exchanges = {} }) => Object.keys(exchanges));
  expect(named.filter((key, i) => !keys.includes(key) || named.indexOf(key) !== i)).toEqual([]);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  expect(decided.length).toBeLessThanOrEqual(12);
});

describe.skipIf(why !== undefined)("as kube-apiserver answers", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(async () => {
    await pair.stop();
  });

  const protocols = [
    { protocol: "HTTP/1.1", lanes: inLanes(corpus, 3), connect: () => ({ ...pair, close: () => undefined }) },
    {
      protocol: "HTTP/2",
      lanes: inLanes(
        corpus.filter(({ name }) => alsoOverHttp2.has(name)),
        1,
      ),
      connect: () => overHttp2(pair),
    },
  ];
  describe.each(protocols)("over $protocol", { concurrent: true }, ({ protocol, lanes, connect }) => {
    let servers: ReturnType<typeof overHttp2>;
    beforeAll(() => {
      servers = connect();
    });
    afterAll(() => {
      servers.close();
    });

    describe.each(lanes)("files %#", { concurrent: true }, ({ files }) => {
      describe.each(files)("$name", { concurrent: false }, ({ section, name, exchanges }) => {
        let session: Session;
        beforeAll(async () => {
          const at = `${protocol === "HTTP/2" ? "h2-" : ""}${Date.now().toString(36)}`;
          const namespace = `replay-${name.replace("/", "-")}-${at}`;
          await createNamespace(servers, namespace);
          session = new Session(servers, namespace);
        });
        afterAll(() => {
          session.close();
        });

        test.each(exchanges)("$name", { concurrent: false }, async (exchange) => {
          decisions.check(`${section}: ${exchange.name}`, await session.run(exchange));
        });
      });
    });
  });
});
