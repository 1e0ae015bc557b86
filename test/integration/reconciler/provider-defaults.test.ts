/** The built-in providers' defaults, over starts of the program and upgrades of it, beside what an administrator does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InferenceProvider } from "../../../api/inferenceprovider/v1alpha1/types.ts";
import { inferenceProviders } from "../../../reconciler/names.ts";
import { applyProviderDefaults } from "../../../reconciler/providers/apply-defaults.ts";
import { transformers } from "../../../transformers/registry.ts";
import type { Transformer } from "../../../transformers/transformer.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { openInProcessServer } from "../../support/in-process.ts";

let server: InProcessServer;
beforeAll(async () => {
  server = await openInProcessServer();
});
afterAll(async () => {
  await server.close();
});

const shipped = (name: string): Transformer => {
  const found = transformers.find((transformer) => transformer.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const start = (transformer: Transformer): Promise<void> =>
  applyProviderDefaults(server.client, inferenceProviders, transformer);
const live = async (name: string): Promise<InferenceProvider> =>
  (await server.admin.get(inferenceProviders, { name })) as unknown as InferenceProvider;
const engineNames = ({ spec }: InferenceProvider): readonly string[] =>
  (spec.capabilities?.engines ?? []).map(({ name }) => name);

test("a second start finds what the first one wrote, and changes nothing", async () => {
  await start(shipped("vllm"));
  const before = await live("vllm");
  await start(shipped("vllm"));
  expect(await live("vllm")).toEqual(before);
});

test("what an administrator took out stays out, and what a release adds arrives", async () => {
  const dynamo = shipped("dynamo");
  await start(dynamo);
  const before = await live("dynamo");
  expect(engineNames(before)).toContain("trtllm");
  const engines = before.spec.capabilities?.engines?.filter(({ name }) => name !== "trtllm");
  await server.admin.mergePatch(
    inferenceProviders,
    { name: "dynamo" },
    { spec: { capabilities: { engines }, selectionRules: null } },
    { fieldManager: "kubectl-edit" },
  );
  await start(dynamo);
  const after = await live("dynamo");
  expect(engineNames(after)).toEqual(engineNames(before).filter((name) => name !== "trtllm"));
  expect(after.spec.selectionRules).toBeUndefined();

  const { capabilities } = dynamo.defaults;
  const added = { name: "llamacpp", servingModes: ["aggregated"], gpuSupport: false, cpuSupport: true };
  const next = {
    ...dynamo,
    defaults: {
      ...dynamo.defaults,
      capabilities: { ...capabilities, engines: [...(capabilities?.engines ?? []), added] },
    },
  } as unknown as Transformer;
  await start(next);
  expect(engineNames(await live("dynamo"))).toEqual([...engineNames(after), "llamacpp"]);
});

test("what an administrator set stays as it is, and the rest follows the release", async () => {
  const kaito = shipped("kaito");
  await server.admin.apply(
    inferenceProviders,
    {
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "InferenceProvider",
      metadata: { name: "kaito" },
      spec: { selectionRules: [{ condition: "false", priority: 7 }] },
    },
    { fieldManager: "platform" },
  );
  await start(kaito);
  await start(kaito);
  const { spec } = await live("kaito");
  expect(spec.selectionRules).toEqual([{ condition: "false", priority: 7 }]);
  expect(engineNames({ spec } as InferenceProvider)).toEqual(
    (kaito.defaults.capabilities?.engines ?? []).map(({ name }) => name),
  );
});
