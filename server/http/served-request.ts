/** The one implementation of ApiRequest. Everything a request does not ask for is not made: signal, query, warnings. */
import type { UserInfo } from "../../api/meta/user.ts";
import { decodeKeepingBytes } from "../../machinery/json/decode.ts";
import type { Authentication } from "../authn/authenticator.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Incoming } from "./incoming.ts";
import type { Query } from "./query.ts";
import { emptyQuery, parseQuery } from "./query.ts";
import type { RequestInfo } from "./request-info.ts";

const noBody = Buffer.alloc(0);
const noTexts: readonly string[] = [];
const nobody: UserInfo = { name: "", groups: [] };

/** A request on its way through the filters, which fill in what they find out. */
export class ServedRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: Query;
  readonly auditId: string;
  readonly receivedAt: Date;
  readonly incoming: Incoming;
  readonly #hides: ((header: string) => boolean) | undefined;

  info: RequestInfo;
  body: Buffer = noBody;
  authentication: Authentication | undefined;
  /** Whoever the request acts as; differs from the authenticated user only by impersonation. */
  user: UserInfo = nobody;
  #controller: AbortController | undefined;
  #ended: unknown;
  #warnings: string[] | undefined;
  #annotations: Map<string, string | (() => string)> | undefined;

  constructor(incoming: Incoming, init: ServedRequestInit) {
    this.incoming = incoming;
    this.method = incoming.method;
    this.url = incoming.url;
    const question = this.url.indexOf("?");
    this.path = decodePath(question < 0 ? this.url : this.url.slice(0, question));
    this.query = question < 0 ? emptyQuery : parseQuery(this.url.slice(question + 1));
    this.auditId = init.auditId;
    this.receivedAt = init.receivedAt;
    this.#hides = init.hides;
    this.info = unread;
    incoming.onGone(() => {
      this.end(new Error("the client is gone"));
    });
  }

  get isProxied(): boolean {
    return this.authentication?.proxied === true;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  /** Ends the signal; whoever works for this request should stop. */
  end(reason: unknown): void {
    this.#ended ??= reason;
    this.#controller?.abort(reason);
  }

  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  header(name: string): string | undefined {
    const key = name.toLowerCase();
    return isIdentityHeader(key) || this.#hides?.(key) === true ? undefined : this.incoming.header(key);
  }

  warn(text: string): void {
    (this.#warnings ??= []).push(text);
  }

  get warnings(): readonly string[] {
    return this.#warnings ?? noTexts;
  }

  annotate(key: string, value: string | (() => string)): void {
    (this.#annotations ??= new Map()).set(key, value);
  }

  /** What was annotated as it is written down; undefined when nothing was. */
  get annotations(): Readonly<Record<string, string>> | undefined {
    if (this.#annotations === undefined) return undefined;
    const written = Object.create(null) as Record<string, string>;
    for (const [key, value] of this.#annotations) written[key] = typeof value === "string" ? value : value();
    return written;
  }
}

export interface ServedRequestInit {
  readonly auditId: string;
  readonly receivedAt: Date;
  readonly hides?: ((header: string) => boolean) | undefined;
}

const unread: RequestInfo = {
  isResourceRequest: false,
  path: "",
  verb: "",
  apiPrefix: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  parts: [],
};

function isIdentityHeader(name: string): boolean {
  switch (name.charCodeAt(0)) {
    case 97: // a
      return name === "authorization";
    case 105: // i
      return name.startsWith("impersonate-");
    case 120: // x
      return name.startsWith("x-remote-");
    default:
      return false;
  }
}

/**
 * The path of a request target: an absolute URL loses its origin, escapes are undone. Escaped bytes that are no UTF-8
 * are kept as they are, so that they name nothing else. Throws URIError for an escape that is none.
 */
function decodePath(target: string): string {
  const path = target.startsWith("/") ? target : target.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]*/, "");
  if (!path.includes("%")) return path;
  if (/%(?![0-9a-fA-F]{2})/.test(path)) throw new URIError("an escape is two hexadecimal digits");
  const bytes = Buffer.from(path)
    .toString("latin1")
    .replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decodeKeepingBytes(Buffer.from(bytes, "latin1"));
}
