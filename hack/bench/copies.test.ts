import { expect, test } from "vitest";
import { renderDeployment } from "../../admission/render.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { aDeployment } from "../../test/support/objects.ts";
import { renderHash } from "../../transformers/render-hash.ts";
import { Copier } from "./copies.ts";

const stored = (name: string): string =>
  JSON.stringify({
    metadata: { name, namespace: "bench-0", uid: "1b2c", labels: { bench: "g-0", app: "llm-0" } },
    status: { endpoint: `http://${name}.bench-0.svc`, image: "vllm-0.9", hash: "m-01" },
  });

test("a copy differs in its name, namespace, group and uid, and in nothing else", () => {
  expect(JSON.parse(new Copier(stored("m-0")).copy(467, "9f8e"))).toEqual({
    metadata: { name: "m-467", namespace: "bench-7", uid: "9f8e", labels: { bench: "g-3", app: "llm-0" } },
    status: { endpoint: "http://m-467.bench-7.svc", image: "vllm-0.9", hash: "m-01" },
  });
});

test("a copy says of what it is rendered to what would be said of it, not of the original", () => {
  const deployment = (name: string, hash: string): ModelDeployment => ({
    ...(aDeployment(name) as unknown as ModelDeployment),
    metadata: { name, namespace: "bench-0", uid: "1b2c", labels: { bench: "g-0" } },
    status: { rendered: { hash } },
  });
  const hashOf = (one: ModelDeployment): string => renderHash(renderDeployment(one).resources);
  const first = deployment("m-0", "");
  const copied = new Copier(JSON.stringify(deployment("m-0", hashOf(first)))).copy(20, "9f8e");
  const copy = JSON.parse(copied) as ModelDeployment;
  expect(copy.metadata.name).toBe("m-20");
  expect(copy.status?.rendered?.hash).toBe(hashOf(copy));
  expect(hashOf(copy)).not.toBe(hashOf(first));
});

test("only the original is copied", () => {
  expect(() => new Copier(stored("m-1"))).toThrow("not the original");
});
