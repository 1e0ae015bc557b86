import { expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { createRecentWrites } from "./recent-writes.ts";

const at = (resourceVersion: string, uid = "u"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "n", uid, resourceVersion },
});

test.each<{
  says: string;
  own: KubeObject;
  cached: KubeObject | undefined;
  later: KubeObject;
  newest: string;
}>([
  {
    says: "an answer the watch has not brought yet is newer",
    own: at("5"),
    cached: at("4"),
    later: at("4"),
    newest: "5",
  },
  {
    says: "an answer the watch has brought is forgotten",
    own: at("5"),
    cached: at("5"),
    // Only one that was kept could be taken for newer than this.
    later: at("3"),
    newest: "3",
  },
  {
    says: "an answer the watch has overtaken is forgotten",
    own: at("5"),
    cached: at("6"),
    later: at("3"),
    newest: "3",
  },
  {
    says: "an answer about what the watch knows nothing of is kept",
    own: at("5"),
    cached: undefined,
    later: at("4"),
    newest: "5",
  },
  {
    says: "an answer says nothing of another object of its name",
    own: at("5", "old"),
    cached: at("4"),
    later: at("4"),
    newest: "4",
  },
])("$says", ({ own, cached, later, newest }) => {
  const recent = createRecentWrites();
  recent.remember("n/a", own, cached);
  expect(recent.newest("n/a", later)?.metadata.resourceVersion).toBe(newest);
});
