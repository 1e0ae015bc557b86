import { conversionReviewWork, encodeConversionReview } from "../../conversion/review.ts";
import type { Reviewer } from "../../admission/review/respond.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import type { Clock } from "../../machinery/clock.ts";
import { decodeStored, JsonSyntaxError } from "../../machinery/json/decode.ts";
import { encodeOrdered } from "../../machinery/json/encode.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { atOnce, SlicedWork } from "../../machinery/queue/sliced-work.ts";
import type { ApiRequest, ApiResponse, Handler } from "../../server/http/api-request.ts";
import type { CallbackLimits } from "../../server/http/limits.ts";
import { textError } from "../../server/http/text-response.ts";

/** Where kube-apiserver finds each webhook. */
export const webhookPaths = {
  mutate: "/admission/mutate",
  validate: "/admission/validate",
  guard: "/admission/guard",
  convert: "/convert",
} as const;

const mebibyte = 1024 * 1024;
/** A review holds an object of at most 3 MiB twice, and what it says of it. */
const review = { bodyBytes: 16 * mebibyte };

/** The largest body each webhook takes: a page of 500 objects at once is converted in one review. */
export const callbackLimits: ReadonlyMap<string, CallbackLimits> = new Map([
  [webhookPaths.mutate, review],
  [webhookPaths.validate, review],
  [webhookPaths.guard, review],
  [webhookPaths.convert, { bodyBytes: 256 * mebibyte }],
]);

export interface Reviewers {
  readonly mutate: Reviewer;
  readonly validate: Reviewer;
  readonly guard: Reviewer;
}

/** The webhooks by path, for a server's table of paths. */
export function webhookHandlers(reviewers: Reviewers, clock: Clock): ReadonlyMap<string, Handler> {
  return new Map([
    [webhookPaths.mutate, reviewHandler(reviewers.mutate)],
    [webhookPaths.validate, reviewHandler(reviewers.validate)],
    [webhookPaths.guard, reviewHandler(reviewers.guard)],
    [webhookPaths.convert, conversionHandler(new SlicedWork(clock))],
  ]);
}

const reviewHandler =
  (review: Reviewer): Handler =>
  async (request) => {
    if (request.method !== "POST") return methodNotAllowed;
    const answer = await review(bodyOf(request), request);
    if ("badRequest" in answer) throw badRequest(answer.badRequest);
    return json(answer.review as unknown as JsonValue);
  };

/** A review up to this takes less than a millisecond. */
const smallReview = 16 * 1024;

/** Large reviews are converted with other requests answered in between, and several at once take turns. */
const conversionHandler =
  (sliced: SlicedWork): Handler =>
  async (request) => {
    if (request.method !== "POST") return methodNotAllowed;
    const work = convert(request);
    const body = request.body.length <= smallReview ? atOnce(work) : await sliced.run(work);
    return { status: 200, headers: jsonHeaders, body };
  };

/** A ConversionReview has no place for warnings; admission of the next write gives them. */
function* convert(request: ApiRequest): Generator<undefined, readonly Buffer[], undefined> {
  const asked = bodyOf(request);
  yield;
  const answer = yield* conversionReviewWork(asked);
  if ("badRequest" in answer) throw badRequest(answer.badRequest);
  return yield* encodeConversionReview(answer.review, encode);
}

/** kube-apiserver's encoder has written it, so there is nothing to be strict about. */
function bodyOf({ body }: ApiRequest): JsonValue {
  try {
    return decodeStored(body);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonSyntaxError)
      throw badRequest(`the body is not JSON: ${error.message}`);
    throw error;
  }
}

const jsonHeaders = { "content-type": "application/json" };

const json = (value: JsonValue): ApiResponse => ({
  status: 200,
  headers: jsonHeaders,
  body: encode(value),
});

/** The native encoder knows no integers beyond 2^53. */
function encode(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return encodeOrdered(value);
    throw error;
  }
}

const methodNotAllowed = textError(405, "405 method not allowed", { allow: "POST" });
