import { describe, expect, test } from "vitest";
import { forbidden, invalid } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { isRoomMade } from "./quota-refusal.ts";

const of = (kind: string, name: string): KubeObject => ({
  apiVersion: kind === "Service" ? "v1" : "apps/v1",
  kind,
  metadata: { name },
});
const [first, second, service] = [of("Deployment", "a"), of("Deployment", "b"), of("Service", "a")];
const ofAnotherGroup = { ...first, apiVersion: "example.com/v1" };
const deployments = { group: "apps", resource: "deployments" };
const says = (requested: string, used: string, limited: string): string =>
  `exceeded quota: models, requested: ${requested}, used: ${used}, limited: ${limited}`;
const count = (used: string, limited: string): string =>
  says("count/deployments.apps=1", `count/deployments.apps=${used}`, `count/deployments.apps=${limited}`);

describe("a quota is no reason against a replacement", () => {
  test.each<{
    what: string;
    message: string;
    created?: KubeObject[];
    deleted?: KubeObject[];
    resource?: KubeObject;
    want: boolean;
  }>([
    { what: "when the old makes room for the new", message: count("2", "2"), want: true },
    { what: "when it is large", message: count("1k", "1k"), want: true },
    { what: "unless nothing goes", message: count("2", "2"), deleted: [], want: false },
    { what: "unless another kind goes", message: count("2", "2"), deleted: [service], want: false },
    { what: "unless another group's goes", message: count("2", "2"), deleted: [ofAnotherGroup], want: false },
    { what: "unless more come than go", message: count("2", "2"), created: [first, second], want: false },
    { what: "unless the limit has been lowered below", message: count("3", "2"), want: false },
    {
      what: "when the kind is of the core group, which can be counted in two ways",
      message: says(
        "count/services=1,services=1",
        "count/services=2,services=5",
        "count/services=2,services=5",
      ),
      resource: service,
      created: [service],
      deleted: [service],
      want: true,
    },
    {
      what: "unless it limits amounts",
      message: says("requests.storage=1Gi", "requests.storage=9Gi", "requests.storage=9Gi"),
      want: false,
    },
    {
      what: "unless it limits amounts too",
      message: says(
        "count/deployments.apps=1,limits.cpu=1",
        "count/deployments.apps=2,limits.cpu=9",
        "count/deployments.apps=2,limits.cpu=9",
      ),
      want: false,
    },
    { what: "unless its words are not understood", message: "exceeded quota: models", want: false },
    { what: "unless its numbers are not understood", message: count("1e9999999", "x"), want: false },
  ])("$what", ({ message, created = [first], deleted = [first], resource = first, want }) => {
    const plural = `${resource.kind.toLowerCase()}s`;
    const error = forbidden(deployments, "dry-run-1", message);
    expect(isRoomMade(error, resource, { plural, created, deleted })).toBe(want);
  });

  test("unless it is a webhook that repeats the words of one", () => {
    const error = invalid({ group: "apps", kind: "Deployment" }, "a", [
      { type: "FieldValueInvalid", path: "spec", detail: count("2", "2") },
    ]);
    const turnover = { plural: "deployments", created: [first], deleted: [first] };
    expect(isRoomMade(error, first, turnover)).toBe(false);
  });
});
