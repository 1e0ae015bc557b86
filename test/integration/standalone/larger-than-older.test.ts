/** An object that the older version cannot carry: it can be read there, and nothing that is written there takes a part for the whole. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeObjectPlugin } from "../../../admission/whole-object-plugin.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { omittedStash } from "../../../conversion/stash.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { openInProcessServer } from "../../support/in-process.ts";

const stacks = (version: string): ResourceRef => ({
  group: "hawsepipe.dev",
  version,
  resource: "llamastackdistributions",
  kind: "LlamaStackDistribution",
  namespaced: true,
});
const [older, newer] = [stacks("v1alpha1"), stacks("v1alpha2")];
const at = { namespace: "default", name: "large" };

describe("an object of more than 256 KiB that v1alpha1 has no fields for", () => {
  const spec = {
    distribution: { name: "starter" },
    providers: { inference: [{ provider: "vllm", settings: { text: "x".repeat(300_000) } }] },
  };
  let server: InProcessServer;
  beforeAll(async () => {
    server = await openInProcessServer({ plugins: [wholeObjectPlugin()] });
    await server.create({
      apiVersion: "hawsepipe.dev/v1alpha2",
      kind: newer.kind,
      metadata: at,
      ...{ spec },
    });
  });
  afterAll(async () => {
    await server.close();
  });

  test("is read as v1alpha1 with a word about what is not there", async () => {
    const { metadata } = await server.admin.get(older, at);
    expect(metadata.annotations).toEqual({ "hawsepipe.dev/v1alpha2-stash": omittedStash });
  });

  test("is not written as v1alpha1, whole or in part", async () => {
    const object = await server.admin.get(older, at);
    const refusal = "the object holds more than v1alpha1 can carry; write it as v1alpha2";
    await expect(server.admin.update(older, object)).rejects.toThrow(refusal);
    const labelled = { metadata: { labels: { team: "red" } } };
    await expect(server.admin.mergePatch(older, at, labelled)).rejects.toThrow(refusal);
    // A status is written with the rest of its object.
    const status = server.admin.mergePatch(
      older,
      at,
      { status: { phase: "Ready" } },
      { subresource: "status" },
    );
    await expect(status).rejects.toThrow(refusal);
    expect(await server.admin.get(newer, at)).toMatchObject({ spec });
  });

  test("is written as v1alpha2 as ever", async () => {
    await server.admin.mergePatch(newer, at, { spec: { workload: { replicas: 2 } } });
    await server.admin.mergePatch(newer, at, { status: { phase: "Ready" } }, { subresource: "status" });
    expect(await server.admin.get(newer, at)).toMatchObject({
      spec: { ...spec, workload: { replicas: 2 } },
      status: { phase: "Ready" },
    });
  });
});
