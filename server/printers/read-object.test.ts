import { expect, test } from "vitest";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { openMemoryStore } from "../storage/memory/memory-store.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const complete = { color: "red", enabled: true, replicas: 1 };
const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const asMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

// What is stored was there before the server started, which therefore knows nothing about it.
test.each<{ says: string; stored: JsonObject; reads: JsonObject }>([
  { says: "complete is read as it is", stored: { spec: complete }, reads: complete },
  { says: "without a default is read with it", stored: { spec: { color: "blue" } }, reads: { ...complete, color: "blue" } }, // prettier-ignore
  { says: "with an unknown field is read without it", stored: { spec: { ...complete, size: 1 } }, reads: complete }, // prettier-ignore
  { says: "with a null is read without it", stored: { spec: { ...complete, title: null } }, reads: complete },
  {
    says: "in another version is read in the one that is asked for",
    stored: { apiVersion: "lab.example.com/v1beta1", spec: complete },
    reads: complete,
  },
])("an object stored $says", async ({ stored, reads }) => {
  const store = openMemoryStore();
  const metadata = { labels: { a: "b" }, name: "w1", namespace: "default", uid: "u1" };
  const object = aWidget("w1", { ...stored, metadata });
  const revision = await store.create(
    "/registry/lab.example.com/widgets/default/w1",
    Buffer.from(encodeJson(object)),
  );
  const rig = await openRig({ store });
  const read = {
    ...aWidget("w1"),
    metadata: { ...metadata, resourceVersion: String(revision) },
    spec: reads,
  };
  const { json, text } = await rig.call("GET", `${widgets}/w1`);
  expect(json).toEqual(read);
  expect(text.trim()).toBe(encodeJson(read));
  expect(getPath((await rig.call("GET", widgets)).json, "items")).toEqual([read]);
  const partial = (await rig.call("GET", `${widgets}/w1`, { accept: asMetadata })).json;
  expect(getPath(partial, "metadata")).toEqual(read.metadata);
  await rig.close();
});
