import { expect, test } from "vitest";
import { conflict, forbidden, invalid, serviceUnavailable, untyped } from "../api/errors/catalogue.ts";
import { classify } from "./failure.ts";

const resource = { group: "apps", resource: "deployments" };

test.each([
  {
    says: "an invalid object waits for a change",
    error: invalid({ group: "apps", kind: "D" }, "m", []),
    want: "invalid",
  },
  {
    says: "an object of the wrong type waits for a change",
    error: untyped(
      "failed to create typed patch object (a/m; apps/v1, Kind=Deployment): .spec.x: field not declared in schema",
    ),
    want: "invalid",
  },
  { says: "another failure without a reason may pass", error: untyped("etcd is away"), want: "unavailable" },
  { says: "an outdated read is repeated", error: conflict(resource, "m", "changed"), want: "conflict" },
  { says: "missing rights may come", error: forbidden(resource, "m", "no"), want: "unavailable" },
  { says: "an absent server may return", error: serviceUnavailable("away"), want: "unavailable" },
  { says: "a broken connection is repaired", error: new Error("reset"), want: "unavailable" },
])("$says", ({ error, want }) => {
  expect(classify(error)).toBe(want);
});
