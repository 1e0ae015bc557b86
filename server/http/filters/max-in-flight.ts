/** How many requests are answered at once. Reads, writes and callbacks are counted apart, streams not at all. */
import type { UserInfo } from "../../../api/meta/user.ts";
import type { BytesResponse } from "../api-request.ts";
import { isLongRunning } from "../request-info.ts";
import type { RequestInfo } from "../request-info.ts";
import { textError } from "../text-response.ts";

export type RequestKind = "readOnly" | "mutating" | "callback";

/** Counts requests in flight and refuses those above the limits; 0 is no limit. */
export class MaxInFlight {
  readonly #limits: Readonly<Record<RequestKind, number>>;
  readonly #running: Record<RequestKind, number> = { readOnly: 0, mutating: 0, callback: 0 };
  readonly #isCallback: (path: string) => boolean;
  #whenIdle: (() => void)[] = [];

  constructor(limits: Readonly<Record<RequestKind, number>>, isCallback: (path: string) => boolean) {
    this.#limits = limits;
    this.#isCallback = isCallback;
  }

  /** A kind to be released later, `exempt` for streams, or `refused`. Administrators and probes are never refused. */
  acquire(info: RequestInfo, user: UserInfo): RequestKind | "exempt" | "refused" {
    if (isLongRunning(info)) return "exempt";
    const kind = this.#kindOf(info);
    const limit = this.#limits[kind];
    if (limit > 0 && this.#running[kind] >= limit && !isExempt(info, user)) return "refused";
    this.#running[kind] += 1;
    return kind;
  }

  #kindOf(info: RequestInfo): RequestKind {
    if (!info.isResourceRequest && this.#isCallback(info.path)) return "callback";
    return isRead(info) ? "readOnly" : "mutating";
  }

  release(kind: RequestKind): void {
    this.#running[kind] -= 1;
    if (this.#whenIdle.length > 0 && this.total === 0) {
      for (const fn of this.#whenIdle.splice(0)) fn();
    }
  }

  running(kind: RequestKind): number {
    return this.#running[kind];
  }

  get total(): number {
    return this.#running.readOnly + this.#running.mutating + this.#running.callback;
  }

  /** Calls once as soon as nothing is running. */
  onIdle(fn: () => void): void {
    if (this.total === 0) fn();
    else this.#whenIdle.push(fn);
  }
}

/** The 429 of a refused request; clients retry because of Retry-After. */
export const tooManyInFlight = (): BytesResponse =>
  textError(429, "Too many requests, please try again later.", { "retry-after": "1" });

function isRead(info: RequestInfo): boolean {
  return info.verb === "get" || info.verb === "list" || info.verb === "watch" || info.verb === "head";
}

function isExempt(info: RequestInfo, user: UserInfo): boolean {
  if (user.groups.includes("system:masters")) return true;
  if (info.isResourceRequest) return false;
  return ["/healthz", "/livez", "/readyz"].some(
    (path) => info.path === path || info.path.startsWith(`${path}/`),
  );
}
