import { expect, test } from "vitest";
import { createRestClient } from "../cluster/rest-client.ts";
import { scriptedTransport } from "../cluster/testing/scripted-transport.ts";
import { fakeClock } from "../machinery/clock.ts";
import { referencesOf } from "./reference-paths.ts";
import { checkReferences } from "./references.ts";
import { written } from "./testing/admission-rig.ts";

test("what a deployment refers to is asked for as metadata, so the contents of a Secret stay where they are", async () => {
  const metadata = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: { name: "x" } };
  const answer = { body: JSON.stringify(metadata) };
  const { transport, requests } = scriptedTransport([answer, answer, answer]);
  const client = createRestClient({ transport, clock: fakeClock(), userAgent: "test/1" });
  const object = written({
    engine: { type: "vllm" },
    model: {
      id: "m",
      tokenSecretRef: { name: "hf" },
      volumes: [{ name: "a", claimName: "disk", mountPath: "/a" }],
    },
    workload: { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "files", key: "k" } } }] },
  });

  const findings = await checkReferences(client, {
    references: referencesOf(object),
    known: [],
    namespace: object.metadata.namespace ?? "",
    isEnforced: () => true,
  });

  expect(findings).toEqual({ errors: [], missing: [] });
  const namespace = object.metadata.namespace ?? "";
  expect(requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    `GET /api/v1/namespaces/${namespace}/configmaps/files`,
    `GET /api/v1/namespaces/${namespace}/persistentvolumeclaims/disk`,
    `GET /api/v1/namespaces/${namespace}/secrets/hf`,
  ]);
  expect(new Set(requests.map(({ headers }) => headers["accept"]))).toEqual(
    new Set(["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"]),
  );
});
