import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../machinery/json/value.ts";
import { checkManagedFieldsAfterAdmission } from "./after-admission.ts";
import { Bench, widget } from "./testing/widget.ts";

describe("managed fields after mutating admission", () => {
  const before = new Bench().update(undefined, widget({ spec: { color: "red" } }), "me");
  const entry = { manager: "m", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} };
  const after = (managedFields: JsonValue[]): typeof before =>
    widget({ spec: { color: "blue" } }, { managedFields });

  test("stay as admission left them when they can be read", () => {
    const edited = after([entry]);
    expect(checkManagedFieldsAfterAdmission(before, edited)).toEqual({ object: edited });
  });

  test.each<{ says: string; entry: JsonValue; why: string }>([
    { says: "no operation", entry: {}, why: "operation must be `Apply` or `Update`" },
    { says: "no apiVersion", entry: { ...entry, apiVersion: "" }, why: "apiVersion must not be empty" },
    {
      says: "no fieldsType",
      entry: { ...entry, fieldsType: "" },
      why: "missing fieldsType in managed fields entry 1",
    },
    {
      says: "another fieldsType",
      entry: { ...entry, fieldsType: "X" },
      why: 'invalid fieldsType "X" in managed fields entry 1',
    },
    {
      says: "fields that are none",
      entry: { ...entry, fieldsV1: { spec: {} } },
      why: "error decoding set: missing colon: spec",
    },
    {
      says: "a time that is none",
      entry: { ...entry, time: "noon" },
      why: 'invalid time "noon" in managed fields entry 1',
    },
    { says: "no object", entry: "x", why: "operation must be `Apply` or `Update`" },
  ])("are put back with a warning for an entry with $says", ({ entry: broken, why }) => {
    expect(checkManagedFieldsAfterAdmission(before, after([entry, broken]))).toEqual({
      object: { ...widget({ spec: { color: "blue" } }), metadata: before["metadata"] },
      warning: `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${why}`,
    });
  });

  test("are removed again where there were none", () => {
    expect(checkManagedFieldsAfterAdmission(widget(), after([{}])).object).toEqual(
      widget({ spec: { color: "blue" } }),
    );
  });
});
