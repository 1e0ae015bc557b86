/** Questions put to the cluster as reviews: posted, answered in the status, asked again shortly when nobody answered. */
import { isApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";
import type { Client, ResourceRef } from "./client.ts";

export interface ReviewOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** 0 ≤ n < 1 */
  readonly random: () => number;
}

export type ReviewKind = "TokenReview" | "SubjectAccessReview";

const kinds: Readonly<Record<ReviewKind, ResourceRef>> = {
  TokenReview: {
    group: "authentication.k8s.io",
    version: "v1",
    resource: "tokenreviews",
    kind: "TokenReview",
    namespaced: false,
  },
  SubjectAccessReview: {
    group: "authorization.k8s.io",
    version: "v1",
    resource: "subjectaccessreviews",
    kind: "SubjectAccessReview",
    namespaced: false,
  },
};

/** For one question with all its attempts. */
const timeoutMs = 10_000;
const attempts = 4;
const firstDelayMs = 200;

/**
 * The status of the answered review. Throws ServiceUnavailable when nobody answers; a refusal is not asked again, and
 * thrown as it is.
 */
export async function postReview(
  kind: ReviewKind,
  spec: JsonObject,
  options: ReviewOptions,
): Promise<JsonObject> {
  const { client, clock, random } = options;
  const resource = kinds[kind];
  const review: KubeObject = {
    apiVersion: `${resource.group}/${resource.version}`,
    kind,
    metadata: {},
    spec,
  };
  const late = new AbortController();
  const cancel = clock.setTimeout(() => {
    late.abort(serviceUnavailable(`no answer to a ${kind} in ${String(timeoutMs / 1000)} s`));
  }, timeoutMs);
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { object } = await client.create(resource, review, { signal: late.signal });
        return isObject(object.status) ? object.status : {};
      } catch (error) {
        if (late.signal.aborted) throw asError(late.signal.reason);
        if (!mayPass(error)) throw error;
        if (attempt === attempts)
          throw serviceUnavailable(`no answer to a ${kind}: ${asError(error).message}`);
      }
      await sleep(clock, firstDelayMs * 2 ** (attempt - 1) * (1 + random() / 5), late.signal);
    }
  } finally {
    cancel();
  }
}

/** Reviews change nothing, so asking again is always safe; it helps only when the server was not able to answer. */
const mayPass = (error: unknown): boolean => isApiError(error) && (error.code >= 500 || error.code === 429);

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(asError(signal.reason));
    };
    const cancel = clock.setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
