import { afterEach, describe, expect, test } from "vitest";
import { methodNotSupported } from "../../api/errors/catalogue.ts";
import { getPath } from "../../machinery/json/value.ts";
import { openMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { StorageError } from "../storage/store.ts";
import type { Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget, structural, widgetDefinition } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;
afterEach(async () => {
  await rig.close();
});

describe("a connect subresource", () => {
  const definition = widgetDefinition({
    connect: [
      {
        name: "manifests",
        verbs: ["get"],
        kind: { group: "lab.example.com", version: "v1", kind: "Manifests" },
      },
      {
        name: "reconcile",
        verbs: ["create"],
        kind: { group: "lab.example.com", version: "v1", kind: "Reconcile" },
      },
    ],
  });

  test("is answered by its handler, for objects that exist and verbs it has", async () => {
    rig = await openRig({
      definitions: [definition],
      deps: {
        connectors: new Map([
          [
            "widgets.lab.example.com/manifests",
            async ({ object, name, namespace }) => ({
              status: 200,
              headers: { "Content-Type": "application/json" },
              body: JSON.stringify({ name, namespace, color: getPath(object, "spec", "color") ?? null }),
            }),
          ],
        ]),
      },
    });
    await rig.call("POST", widgets, { body: aWidget("w") });
    expect((await rig.call("GET", `${widgets}/w/manifests`)).json).toEqual({
      name: "w",
      namespace: "default",
      color: "red",
    });
    expect((await rig.call("GET", `${widgets}/x/manifests`)).status).toBe(404);
    expect((await rig.call("POST", `${widgets}/w/manifests`)).status).toBe(405);
    expect((await rig.call("POST", `${widgets}/w/reconcile`)).json["message"]).toBe(
      methodNotSupported({ group: "lab.example.com", resource: "widgets" }, "create").message,
    );
    expect((await rig.call("GET", `${widgets}/w/unknown`)).json["reason"]).toBe("NotFound");
  });
});

describe("a review", () => {
  test("is answered at once and kept nowhere", async () => {
    const definition = widgetDefinition({
      kind: "Question",
      plural: "questions",
      namespaced: false,
      review: true,
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          columns: [],
          schema: structural({
            type: "object",
            required: ["spec"],
            properties: {
              spec: { type: "object", properties: { a: { type: "integer" } } },
              status: { type: "object", properties: { b: { type: "integer" } } },
            },
          }),
        },
      ],
    });
    rig = await openRig({
      definitions: [definition],
      deps: {
        reviews: new Map([
          [
            "questions.lab.example.com",
            async (object) => ({ ...object, status: { b: Number(getPath(object, "spec", "a")) + 1 } }),
          ],
        ]),
      },
    });
    const path = "/apis/lab.example.com/v1/questions";
    const body = { apiVersion: "lab.example.com/v1", kind: "Question", spec: { a: 1 } };
    const answer = await rig.call("POST", path, { body });
    expect([answer.status, answer.json["status"]]).toEqual([201, { b: 2 }]);
    expect((await rig.call("POST", path, { body: { ...body, spec: { a: "x" } } })).status).toBe(422);
    expect((await rig.call("GET", path)).status).toBe(405);
  });
});

describe("a store that is away", () => {
  test("is never an empty list or a missing object", async () => {
    const store = openMemoryStore();
    let isAway = false;
    const check = (): void => {
      if (isAway) throw new StorageError("Unavailable", "", "away");
    };
    const flaky: Store = {
      get: async (key) => (check(), store.get(key)),
      list: async (prefix) => (check(), store.list(prefix)),
      create: async (key, value) => (check(), store.create(key, value)),
      update: async (key, value, expected) => (check(), store.update(key, value, expected)),
      delete: async (key, expected, last) => (check(), store.delete(key, expected, last)),
      watch: async (prefix, after, listener) => (check(), store.watch(prefix, after, listener)),
      currentRevision: async () => (check(), store.currentRevision()),
      compact: (revision) => store.compact(revision),
      compactedRevision: () => store.compactedRevision(),
      close: () => store.close(),
    };
    rig = await openRig({ store: flaky });
    isAway = true;
    for (const [method, path] of [
      ["GET", `${widgets}/w`],
      ["GET", `${widgets}/w?resourceVersion=0`],
      ["GET", widgets],
      ["GET", `${widgets}?resourceVersion=0`],
      ["GET", `${widgets}?watch=1`],
      ["DELETE", `${widgets}/w`],
      ["DELETE", widgets],
    ] as const) {
      const answer = await rig.call(method, path);
      expect([method, path, answer.status, answer.json["reason"]]).toEqual([
        method,
        path,
        503,
        "ServiceUnavailable",
      ]);
    }
    const created = await rig.call("POST", widgets, { body: aWidget("w") });
    expect([created.status, created.headers["retry-after"]]).toEqual([503, "1"]);
    isAway = false;
    expect((await rig.call("POST", widgets, { body: aWidget("w") })).status).toBe(201);
  });
});
