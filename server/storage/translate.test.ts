import { expect, test } from "vitest";
import type { ApiError } from "../../api/errors/api-error.ts";
import type { StorageErrorKind } from "./store.ts";
import { StorageError } from "./store.ts";
import { translateStorageError } from "./translate.ts";

const widgets = { group: "example.dev", resource: "widgets" };

test.each<{ kind: StorageErrorKind; want: [number, string, string] }>([
  { kind: "KeyNotFound", want: [404, "NotFound", 'widgets.example.dev "w" not found'] },
  { kind: "KeyExists", want: [409, "AlreadyExists", 'widgets.example.dev "w" already exists'] },
  {
    kind: "Conflict",
    want: [
      409,
      "Conflict",
      'Operation cannot be fulfilled on widgets.example.dev "w": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    ],
  },
  { kind: "Compacted", want: [410, "Expired", "text of the store"] },
  { kind: "TooLarge", want: [500, "", "text of the store"] },
  {
    kind: "Unavailable",
    want: [503, "ServiceUnavailable", "the storage is not available, please try again later"],
  },
  {
    kind: "Corrupt",
    want: [500, "InternalError", "Internal error occurred: the stored state could not be read"],
  },
])("a storage error $kind becomes a status a client understands", ({ kind, want }) => {
  const error = translateStorageError(
    new StorageError(kind, "/k", "text of the store"),
    widgets,
    "w",
  ) as ApiError;
  expect([error.code, error.reason, error.message]).toEqual(want);
  if (kind === "Unavailable") expect(error.details?.retryAfterSeconds).toBe(1);
});

test("what is no storage error comes back as it is", () => {
  const error = new Error("other");
  expect(translateStorageError(error, widgets, "w")).toBe(error);
});
