/** Selection rules that fail where a deployment is admitted, told by a process that does not lead to the one that does. */
import { Registry } from "@prometheus-io/client";
import { afterAll, beforeAll, test } from "vitest";
import type { InferenceProvider } from "../../../api/inferenceprovider/v1alpha1/types.ts";
import type { Leading, Product } from "../../../cli/product.ts";
import { createProduct } from "../../../cli/product.ts";
import type { Client } from "../../../cluster/client.ts";
import { createRestClient } from "../../../cluster/rest-client.ts";
import { inferenceProviders } from "../../../reconciler/names.ts";
import { privilegedGroups } from "../../../server/authz/union.ts";
import { silentLogger } from "../../../server/http/logger.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually } from "../../support/in-process.ts";
import { movableClock } from "../../support/movable-clock.ts";
import { ownServer } from "../../support/own-server.ts";

const clock = movableClock();
const condition = 'spec.workload.env[0].name == "A"';
let server: InProcessServer;
let client: Client;
let admitting: Product;
let leader: Product;
let leading: Leading;

beforeAll(async () => {
  const own = ownServer(clock);
  client = createRestClient({ transport: own.transport, clock, userAgent: "hawsepipe/test" });
  const create = (): Product =>
    createProduct({
      client,
      clock,
      random: Math.random,
      logger: silentLogger,
      metrics: new Registry(),
      hasOperators: false,
    });
  [admitting, leader] = [create(), create()];
  server = await own.open({ plugins: admitting.plugins(privilegedGroups("system:masters")) });
  await admitting.start();
  await leader.start();
  leading = await leader.lead();
  await leading.begun;
});
afterAll(async () => {
  await leading.stop();
  await Promise.all([admitting.stop(), leader.stop()]);
  await server.close();
});

const vllm = async (): Promise<InferenceProvider> =>
  (await client.get(inferenceProviders, { name: "vllm" })) as unknown as InferenceProvider;
const rulesAre = (reason: string, failing: readonly string[]): Promise<true> =>
  eventually(reason, async () => {
    const { status } = await vllm();
    const found = status?.conditions?.find(({ type }) => type === "SelectionRulesValid");
    const errors = (status?.selectionRuleErrors ?? []).map((error) => error.condition);
    if (found?.reason === reason && JSON.stringify(errors) === JSON.stringify(failing)) return true;
    throw new Error(JSON.stringify(status));
  });
const setRules = (conditions: readonly string[]): Promise<unknown> =>
  client.mergePatch(
    inferenceProviders,
    { name: "vllm" },
    { spec: { selectionRules: conditions.map((text) => ({ condition: text, priority: 1 })) } },
  );
let created = 0;
/** A deployment whose provider is open, so that the rules are asked. */
async function choose(workload: object = {}): Promise<void> {
  created += 1;
  await client.create(modelDeployments, {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name: `m${String(created)}`, namespace: "default" },
    spec: {
      model: { id: "Qwen/Qwen3-0.6B" },
      engine: { type: "vllm" },
      serving: { resources: { gpu: { count: 1 } } },
      workload,
    },
  });
}

test("a rule that fails where no leader is makes the condition false, also for the next leader", async () => {
  await setRules([condition]);
  await rulesAre("RulesValid", []);
  await eventually("the rule to be asked", async () => {
    await choose();
    return ((await vllm()).status?.selectionRuleErrors ?? []).length > 0;
  });
  await rulesAre("RuleFailed", [condition]);
  await leading.stop();
  leading = await leader.lead();
  await leading.begun;
  clock.advance(61);
  await rulesAre("RuleFailed", [condition]);
});

test("it is true again when the rule works, or is gone", async () => {
  await choose({ env: [{ name: "A", value: "1" }] });
  clock.advance(11);
  await rulesAre("RulesValid", []);
  await choose();
  clock.advance(11);
  await rulesAre("RuleFailed", [condition]);
  await setRules([]);
  await rulesAre("RulesValid", []);
});
