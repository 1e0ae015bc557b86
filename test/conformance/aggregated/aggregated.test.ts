import { afterAll, beforeAll, describe } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import { samePolicies } from "../admission/policies.ts";
import { sameWebhooks } from "../admission/webhooks.ts";
import type { Ways } from "../twins/aggregated.ts";
import { startWays } from "../twins/aggregated.ts";
import { randomBehind } from "./random.ts";
import { replayBothWays } from "./replay.ts";

const why = noControlPlane();
if (why !== undefined) console.warn(`skipped: ${why}`);

describe.skipIf(why !== undefined)("behind kube-apiserver, beside a CRD of the same", () => {
  let ways: Ways;
  beforeAll(async () => {
    ways = await startWays();
  });
  afterAll(async () => {
    await ways.stop();
  });

  describe("as the CRD answers, through the aggregator and past it", () => {
    replayBothWays(() => ways);
  });
  randomBehind(() => ways);
  describe("with the same webhooks", () => {
    sameWebhooks(() => ways);
  });
  describe("with the same policies", () => {
    samePolicies(() => ways);
  });
});
