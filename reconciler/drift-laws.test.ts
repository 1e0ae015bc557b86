import fc from "fast-check";
import { expect, test } from "vitest";
import { asKubeObject } from "../api/meta/types.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { cloneJson, isObject } from "../machinery/json/value.ts";
import { loadCustomResourceDefinition } from "../server/crds/load.ts";
import type { Rig } from "../server/testing/rig.ts";
import { openRig } from "../server/testing/rig.ts";
import { findDrift } from "./drift.ts";
import { fieldManager } from "./names.ts";

/** A part of a structural schema, and the values that are valid for it. */
interface Shape {
  readonly schema: JsonObject;
  readonly value: fc.Arbitrary<JsonValue>;
}

const texts = fc.constantFrom("", "a", "b", "1Gi", "0x");

function scalar(schema: JsonObject, value: fc.Arbitrary<JsonValue>): fc.Arbitrary<Shape> {
  return fc
    .option(value, { nil: undefined })
    .map((given) => ({ schema: given === undefined ? schema : { ...schema, default: given }, value }));
}

const scalars: fc.Arbitrary<Shape> = fc.oneof(
  scalar({ type: "string" }, texts),
  scalar({ type: "integer" }, fc.integer({ min: -2, max: 2 })),
  scalar({ type: "boolean" }, fc.boolean()),
);

const names = ["a", "b", "c", "kind", "limits"] as const;

function objects(depth: number): fc.Arbitrary<Shape> {
  return fc
    .record({
      properties: fc.dictionary(fc.constantFrom(...names), shapes(depth - 1), { minKeys: 1, maxKeys: 4 }),
      isAtomic: fc.nat(4).map((n) => n === 0),
      isDefaulted: fc.boolean(),
    })
    .map(({ properties, isAtomic, isDefaulted }) => ({
      schema: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, { schema }]) => [name, schema]),
        ),
        ...(isAtomic ? { "x-kubernetes-map-type": "atomic" } : {}),
        ...(isDefaulted ? { default: {} } : {}),
      },
      value: fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, { value }]) => [name, value])),
        { requiredKeys: [] },
      ) as fc.Arbitrary<JsonValue>,
    }));
}

const maps = scalars.map(({ schema: { default: _, ...schema }, value }): Shape => ({
  schema: { type: "object", additionalProperties: schema },
  value: fc.dictionary(fc.constantFrom("x", "y.z/w", "f:q"), value, { maxKeys: 3 }),
}));

const sets: Shape = {
  schema: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
  value: fc.uniqueArray(texts, { maxLength: 3 }),
};

const atomicLists = (depth: number): fc.Arbitrary<Shape> =>
  shapes(depth - 1).map(({ schema: { default: _, ...items }, value }) => ({
    schema: { type: "array", items },
    value: fc.array(value, { maxLength: 3 }),
  }));

/** Items like the ports of a Service: one key must be given, the other has a default. */
const mapLists = (depth: number): fc.Arbitrary<Shape> =>
  shapes(depth - 1).map(({ schema, value }) => ({
    schema: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port", "protocol"],
      items: {
        type: "object",
        required: ["port"],
        properties: {
          port: { type: "integer" },
          protocol: { type: "string", default: "TCP" },
          more: schema,
        },
      },
    },
    value: fc.uniqueArray(
      fc.record(
        { port: fc.integer({ min: 1, max: 3 }), protocol: fc.constantFrom("TCP", "UDP"), more: value },
        { requiredKeys: ["port"] },
      ),
      { maxLength: 3, selector: ({ port, protocol = "TCP" }) => `${String(port)}/${protocol}` },
    ),
  }));

function shapes(depth: number): fc.Arbitrary<Shape> {
  if (depth <= 0) return scalars;
  return fc.oneof(scalars, objects(depth), maps, fc.constant(sets), atomicLists(depth), mapLists(depth));
}

interface Program {
  readonly schema: JsonObject;
  readonly spec: JsonObject;
  /** Chooses the field that is changed. */
  readonly at: number;
}

const programs: fc.Arbitrary<Program> = objects(3).chain(({ schema, value }) =>
  fc.record({ schema: fc.constant(schema), spec: value as fc.Arbitrary<JsonObject>, at: fc.nat() }),
);

const group = "laws.example.com";
const collection = `/apis/${group}/v1/namespaces/default/things`;

async function openThings(spec: JsonObject): Promise<Rig> {
  const { definition, errors } = loadCustomResourceDefinition({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${group}` },
    spec: {
      group,
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  });
  if (definition === undefined) throw new Error(encodeJson(errors as unknown as JsonValue));
  return openRig({ definitions: [definition] });
}

const desiredWith = (spec: JsonObject): JsonObject => ({
  apiVersion: `${group}/v1`,
  kind: "Thing",
  metadata: { name: "t", namespace: "default", labels: { app: "t" } },
  spec,
});

async function apply(rig: Rig, desired: JsonObject): Promise<JsonObject> {
  const answer = await rig.call("PATCH", `${collection}/t?fieldManager=${fieldManager}&force=true`, {
    body: Buffer.from(encodeJson(desired)),
    type: "application/apply-patch+yaml",
  });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.json;
}

const drift = (live: JsonObject, desired: JsonObject): readonly string[] =>
  findDrift(asKubeObject(live), asKubeObject(desired));

/** A copy in which one scalar is another one, and where it stands; undefined when there is no scalar. */
function changed(value: JsonObject, at: number): JsonObject | undefined {
  const copy = cloneJson(value);
  const places: [JsonObject | JsonValue[], string | number][] = [];
  const visit = (parent: JsonObject | JsonValue[]): void => {
    for (const key of Array.isArray(parent) ? parent.keys() : Object.keys(parent)) {
      const child = (parent as JsonObject)[key as string] ?? null;
      if (Array.isArray(child) || isObject(child)) visit(child);
      else places.push([parent, key]);
    }
  };
  visit(copy);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return undefined;
  const [parent, key] = place as [JsonObject, string];
  const old = parent[key];
  parent[key] = typeof old === "boolean" ? !old : typeof old === "number" ? old + 7 : `${old as string}~`;
  return copy;
}

test("what the server makes of what is applied is no drift, and applying it again writes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(programs, async ({ schema, spec }) => {
      const rig = await openThings(schema);
      const desired = desiredWith(spec);
      const live = await apply(rig, desired);
      expect(drift(live, desired)).toEqual([]);
      expect((await apply(rig, desired))["metadata"]).toEqual(live["metadata"]);
      await rig.close();
    }),
    { numRuns: 300 },
  );
});

test("what others add beside it is no drift; any field of ours they change is", async () => {
  await fc.assert(
    fc.asyncProperty(programs, async ({ schema, spec, at }) => {
      const rig = await openThings(schema);
      const desired = desiredWith(spec);
      const live = await apply(rig, desired);
      const beside = cloneJson(live);
      asKubeObject(beside).metadata.labels = { app: "t", team: "x" };
      asKubeObject(beside).metadata.finalizers = ["example.com/f"];
      const put = async (body: JsonObject): ReturnType<Rig["call"]> =>
        rig.call("PUT", `${collection}/t?fieldManager=operator`, { body });
      const { json: current } = await put(beside);
      expect(drift(current, desired)).toEqual([]);

      const other = changed(spec, at);
      if (other !== undefined) {
        const edited = await put({ ...current, spec: other });
        expect(edited.status, edited.text).toBe(200);
        expect(drift(edited.json, desired)).not.toEqual([]);
        expect(drift(await apply(rig, desired), desired)).toEqual([]);
      }
      await rig.close();
    }),
    { numRuns: 300 },
  );
});
