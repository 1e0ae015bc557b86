import { expect, test } from "vitest";
import { looseObject } from "../printers/loose-object.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { recentFrame } from "./recent-frames.ts";

const aVersion = (): ServedVersion => ({ name: "v1" }) as ServedVersion;

test("a frame is made once for all who watch in its form, and for each version and form", () => {
  const object = looseObject({ metadata: { name: "a" } });
  const [one, other] = [aVersion(), aVersion()];
  const made: string[] = [];
  const get = (version: ServedVersion, form: string): string =>
    recentFrame(version, object, form, () => {
      made.push(form);
      return Buffer.from(form);
    }).toString();
  expect([get(one, "x"), get(one, "x"), get(one, "y"), get(one, "x"), get(other, "x")]).toEqual([
    "x",
    "x",
    "y",
    "x",
    "x",
  ]);
  expect(made).toEqual(["x", "y", "x"]);
});

test("what is kept is bounded: the oldest frames are made anew for who comes later, the newest never", () => {
  const version = aVersion();
  const objects = Array.from({ length: 20 }, (_, i) => looseObject({ metadata: { name: `m-${i}` } }));
  const made: string[] = [];
  const get = (i: number, bytes: number): number => {
    const object = objects[i]!;
    return recentFrame(version, object, "x", () => {
      made.push(object.name);
      return Buffer.alloc(bytes);
    }).length;
  };
  for (let i = 0; i < 20; i++) get(i, 100_000);
  made.length = 0;
  for (const i of [19, 18, 15, 0]) get(i, 100_000);
  expect(made).toEqual(["m-0"]);
  made.length = 0;
  expect([get(1, 5_000_000), get(1, 5_000_000), get(19, 100_000)]).toEqual([5_000_000, 5_000_000, 100_000]);
  expect(made).toEqual(["m-1", "m-19"]);
});

test("of an object that has many forms, as a Table has one for every millisecond, the oldest are made anew", () => {
  const version = aVersion();
  const [early, object] = [
    looseObject({ metadata: { name: "a" } }),
    looseObject({ metadata: { name: "b" } }),
  ];
  const made: string[] = [];
  const get = (of: CachedObject, form: string): number =>
    recentFrame(version, of, form, () => {
      made.push(form);
      return Buffer.alloc(100_000);
    }).length;
  get(early, "x");
  for (let i = 0; i < 20; i++) get(object, `row-${i}`);
  made.length = 0;
  for (const form of ["row-19", "row-12", "row-0"]) get(object, form);
  get(early, "x");
  expect(made).toEqual(["row-0", "x"]);
});
