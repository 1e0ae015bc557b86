import { afterAll, beforeAll, describe, test } from "vitest";
import { readCorpus, readDecided } from "../replay/corpus.ts";
import { Decisions } from "../replay/decisions.ts";
import { inLanes } from "../replay/lanes.ts";
import { Session } from "../replay/session.ts";
import type { Ways } from "../twins/aggregated.ts";
import { createNamespace } from "../twins/pair.ts";

/** Answered by kube-apiserver itself about all its groups, in a form whose parts cannot be told apart here. */
const ofAllGroups = new Set(["discovery: protobuf before JSON"]);
const ways = ["behind", "direct"] as const;

/** Replays the whole corpus both ways at the same time, each beside the CRD in namespaces of its own. */
export function replayBothWays(servers: () => Ways): void {
  const corpus = readCorpus();
  const decisions = ways.map((way) => new Decisions(readDecided(), way));
  describe.each(inLanes(corpus, 3))("files %#", { concurrent: true }, ({ files }) => {
    describe.each(files)("$name", { concurrent: false }, ({ section, name, exchanges }) => {
      let sessions: readonly Session[] = [];
      beforeAll(async () => {
        const at = Date.now().toString(36);
        sessions = await Promise.all(
          ways.map(async (way) => {
            const pair = { real: servers().native, ours: servers()[way] };
            const namespace = `replay-${name.replace("/", "-")}-${at}-${way[0]!}-native`;
            await createNamespace(pair, namespace);
            return new Session(pair, namespace);
          }),
        );
      });
      afterAll(() => {
        for (const session of sessions) session.close();
      });

      test.each(exchanges)("$name", { concurrent: false }, async (exchange) => {
        const outcomes = await Promise.all(sessions.map((session) => session.run(exchange)));
        const key = `${section}: ${exchange.name}`;
        outcomes.forEach((outcome, i) => {
          if (ways[i] !== "behind" || !ofAllGroups.has(key)) decisions[i]!.check(key, outcome);
        });
      });
    });
  });
}
