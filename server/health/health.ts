/**
 * `/healthz`, `/livez` and `/readyz` as kube-apiserver words them. Why a check failed goes to the log only: these paths
 * are open to everybody.
 */
import type { ApiRequest, BytesResponse, Handler } from "../http/api-request.ts";
import type { Logger } from "../http/logger.ts";
import { pageNotFound, textError } from "../http/text-response.ts";

export interface HealthCheck {
  /** As it is listed, e.g. `poststarthook/caches-synced`. */
  readonly name: string;
  /** Throws, or rejects, when unhealthy. */
  check(): void | Promise<void>;
}

export type HealthPath = "healthz" | "livez" | "readyz";

/** The check every server has. */
export const pingCheck: HealthCheck = { name: "ping", check: () => {} };

/** Answers the path itself and `/<path>/<check>`; register it for both. */
export function healthHandler(path: HealthPath, checks: readonly HealthCheck[], logger: Logger): Handler {
  const prefix = `/${path}/`;
  return async (request) => {
    if (!request.path.startsWith(prefix)) return checkAll(path, checks, { request, logger });
    const name = request.path.slice(prefix.length);
    const check = checks.find((candidate) => candidate.name === name);
    return check === undefined ? pageNotFound() : checkOne(check);
  };
}

async function checkOne(check: HealthCheck): Promise<BytesResponse> {
  const failure = await run(check);
  return failure === undefined
    ? { status: 200, headers: plain, body: "ok" }
    : textError(500, `internal server error: ${failure}`);
}

async function checkAll(
  path: HealthPath,
  checks: readonly HealthCheck[],
  { request, logger }: { request: ApiRequest; logger: Logger },
): Promise<BytesResponse> {
  const excluded = new Set(request.query.all("exclude"));
  const failed: string[] = [];
  let output = "";
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      output += `[+]${check.name} excluded: ok\n`;
      continue;
    }
    const failure = await run(check);
    if (failure === undefined) {
      output += `[+]${check.name} ok\n`;
    } else {
      output += `[-]${check.name} failed: reason withheld\n`;
      failed.push(`${check.name}: ${failure}`);
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].sort().map((name) => JSON.stringify(name));
    output += `warn: some health checks cannot be excluded: no matches for ${names.join(",")}\n`;
  }
  if (failed.length > 0) {
    logger.warn({ path, failed, auditID: request.auditId }, "health check failed");
    return textError(500, `${output}${path} check failed`);
  }
  const isVerbose = request.query.get("verbose") !== undefined;
  return healthy(isVerbose ? `${output}${path} check passed\n` : "ok");
}

async function run(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const plain = { "content-type": "text/plain; charset=utf-8" } as const;

const healthy = (body: string): BytesResponse => ({
  status: 200,
  headers: { ...plain, "x-content-type-options": "nosniff" },
  body,
});
