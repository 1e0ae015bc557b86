import { expect, test } from "vitest";
import type { ApiError } from "../api/errors/api-error.ts";
import {
  forbidden,
  internalError,
  notFound,
  serviceUnavailable,
  timeout,
  untyped,
} from "../api/errors/catalogue.ts";
import { ApiError as ApiFailure } from "../api/errors/api-error.ts";
import { hostFailure } from "./host-failure.ts";

const pods = { group: "", resource: "pods" };

test.each<[says: string, error: ApiError, code: number, reason: string]>([
  ["what etcd could not do", untyped("etcdserver: request timed out"), 503, "ServiceUnavailable"],
  [
    "what the server could not do in time",
    new ApiFailure({ code: 500, reason: "ServerTimeout", message: "could not be completed" }),
    503,
    "ServiceUnavailable",
  ],
  ["an internal error", internalError("resource quota evaluation timed out"), 503, "ServiceUnavailable"],
  ["an absence", serviceUnavailable("away", 7), 503, "ServiceUnavailable"],
  ["a timeout", timeout("context deadline exceeded"), 504, "Timeout"],
  [
    "too many requests",
    new ApiFailure({ code: 429, reason: "TooManyRequests", message: "later" }),
    429,
    "TooManyRequests",
  ],
  [
    "a webhook of the host that does not work",
    internalError('failed calling webhook "a.example.com": connection refused'),
    500,
    "InternalError",
  ],
  ["a right Hawsepipe lacks", forbidden(pods, "p", "no"), 500, "InternalError"],
  ["what Hawsepipe does not find", notFound(pods, "p"), 500, "InternalError"],
])("%s", (_says, error, code, reason) => {
  const thrown = hostFailure("the lookup", error) as ApiError;
  expect(thrown).toMatchObject({ code, reason });
  expect(thrown.message).toContain(error.message);
});

test("when to come back is the host's word", () => {
  const error = new ApiFailure({
    code: 500,
    reason: "ServerTimeout",
    message: "m",
    details: { retryAfterSeconds: 9 },
  });
  expect(hostFailure("the lookup", error)).toMatchObject({ details: { retryAfterSeconds: 9 } });
});

test("what is no answer of the host is thrown as it is", () => {
  const error = new Error("aborted");
  expect(hostFailure("the lookup", error)).toBe(error);
});
