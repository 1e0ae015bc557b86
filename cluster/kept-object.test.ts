import { expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { Packer } from "./kept-object.ts";

const widget = (i: number): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: `w-${String(i)}`, uid: `u-${String(i)}`, resourceVersion: String(i) },
});

test("what is kept reads as it was; what came last is the object itself, what came before is decoded", () => {
  const packer = new Packer();
  const objects = Array.from({ length: 200 }, (_, i) => widget(i));
  const kept = objects.map((object) => packer.keep(object));
  expect(kept.map((one) => one.read())).toEqual(objects);
  expect(kept.map(({ uid, resourceVersion }) => [uid, resourceVersion])).toEqual(
    objects.map(({ metadata }) => [metadata.uid, metadata.resourceVersion]),
  );
  const isItself = kept.map((one, i) => one.read() === objects[i]);
  expect(isItself.lastIndexOf(false)).toBe(200 - 64 - 1);
  expect(isItself.indexOf(true)).toBe(200 - 64);
});

test("what was dropped can be read still, and takes the place of nothing that is kept", () => {
  const packer = new Packer();
  const first = widget(0);
  const kept = packer.keep(first);
  for (let i = 1; i <= 200; i += 1) packer.keep(widget(i)).drop?.();
  expect(kept.read()).toBe(first);
  const dropped = packer.keep(widget(201));
  dropped.drop?.();
  expect(dropped.read()).toEqual(widget(201));
});
