import { expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { StoreEvent } from "../store.ts";
import { Mirror } from "./mirror.ts";
import { encodeRecord } from "./record.ts";

function changed(revision: number, bytes: number): KubeObject {
  const value = Buffer.alloc(bytes, "x");
  const record = encodeRecord("ns", "/a/x", { value, write: String(revision), isDeleted: false });
  const metadata = { ...record.metadata, uid: "u", generation: revision, resourceVersion: String(revision) };
  return { ...record, metadata };
}

test("large changes are forgotten before their time, the newest are not, and listeners hear of all", () => {
  const mirror = new Mirror(() => 0, 10_000);
  mirror.replace([], 1);
  const heard: number[] = [];
  mirror.subscribe("", 1, { event: (event) => void heard.push(event.revision), closed: () => undefined });
  for (let revision = 2; revision <= 30; revision += 1) mirror.changed(changed(revision, 1000));
  expect(heard).toEqual(Array.from({ length: 29 }, (_, i) => i + 2));
  // 10 000 bytes were passed at revisions 12, 18, 24 and 30, and each time half of them stayed.
  expect(mirror.floor).toBe(25);
  const past: StoreEvent[] = [];
  mirror.subscribe("", 25, { event: (event) => void past.push(event), closed: () => undefined });
  expect(past.map(({ revision }) => revision)).toEqual([26, 27, 28, 29, 30]);
  expect(() => mirror.subscribe("", 24, { event: () => undefined, closed: () => undefined })).toThrow(
    "compacted",
  );
});
