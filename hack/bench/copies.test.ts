import { expect, test } from "vitest";
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

test("only the original is copied", () => {
  expect(() => new Copier(stored("m-1"))).toThrow("not the original");
});
