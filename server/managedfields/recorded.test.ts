import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Converter } from "../../api/meta/resource-definition.ts";
import { Bench, failureOf, widgets } from "./testing/widget.ts";

/** Random writes, and what the field manager of k8s.io/apimachinery 0.35.4 made of them with the same schema. */
interface Recording {
  readonly writes: readonly {
    readonly apply?: string;
    readonly force?: string;
    readonly update?: string;
    /** Version, or version and subresource. */
    readonly at: string;
    readonly object: JsonObject;
    /** The message of the conflict. */
    readonly refused?: string;
  }[];
  /** The object in the end; the times of managed fields only say whether there is one. */
  readonly stored: JsonObject;
}

const file = fileURLToPath(new URL("testdata/recorded.jsonl", import.meta.url));
const recordings = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recording);

describe("kube-apiserver's own answers", () => {
  test.each(recordings.map((recording, index) => ({ index, ...recording })))(
    "sequence $index",
    ({ writes, stored }) => {
      // Recorded as of a built-in kind: what a write leaves alone is known in all versions.
      const bench = new Bench({ ...widgets, resetsAllVersions: true });
      let live: JsonObject | undefined;
      for (const write of writes) {
        const before = live === undefined ? undefined : atVersion(live, write.at);
        const run = (): JsonObject =>
          write.update === undefined
            ? bench.apply(before, write.object, write.apply ?? `${write.force ?? ""}!`, write.at)
            : bench.update(before, write.object, write.update, write.at);
        if (write.refused === undefined) live = run();
        else expect(failureOf(run).message).toBe(write.refused);
      }
      expect(comparable(live ?? {})).toEqual(comparable(stored));
    },
  );
});

const atVersion = (object: JsonObject, at: string): JsonObject => {
  const version = at.split("/")[0] ?? "";
  return object["apiVersion"] === `lab.example.com/${version}`
    ? object
    : (widgets.converter as Converter).convert(object, version);
};

/** The recordings were made with a running clock, so neither times nor the order by times count. */
function comparable(object: JsonObject): JsonObject {
  const entries = (getPath(object, "metadata", "managedFields") ?? []) as JsonObject[];
  const timeless = entries.map((entry) => ({ ...entry, time: "time" in entry }));
  const key = ({ operation, manager, apiVersion, subresource }: JsonObject): string =>
    JSON.stringify([operation, manager, apiVersion, subresource]);
  timeless.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const { creationTimestamp: _created, ...metadata } = object["metadata"] as JsonObject;
  return { ...object, metadata: { ...metadata, managedFields: timeless } };
}
