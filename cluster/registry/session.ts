import type { Dispatcher } from "undici";
import { isObject, getKey } from "../../machinery/json/value.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { parseChallenge } from "./challenge.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryCredential } from "./credentials.ts";
import type { RegistryFailure } from "./error.ts";
import { RegistryError } from "./error.ts";
import type { AccessTo, HostRequest, ResolveHost } from "./hosts.ts";
import { HostRefusedError, Hosts } from "./hosts.ts";
import type { ImageReference } from "./reference.ts";
import { endpointOf, printReference } from "./reference.ts";

export interface SessionOptions {
  readonly reference: ImageReference;
  readonly accessTo: AccessTo;
  readonly resolve: ResolveHost;
  /** Tried one after the other; none means anonymous. */
  readonly credentials: readonly RegistryCredential[];
  /** Bounds everything the session does. */
  readonly signal: AbortSignal;
  readonly userAgent: string;
}

/** An answer that was wanted. */
export interface RegistryAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const maxRedirects = 5;
const maxTokenBytes = 256 * 1024;
/** Everything that is read about one image. */
const maxSessionBytes = 128 * 1024 * 1024;

/** An answer, and whether the registry itself gave it: one it redirects to speaks for itself alone. */
interface Followed {
  readonly response: Dispatcher.ResponseData;
  readonly isOwn: boolean;
}

/**
 * Requests about one image with one identity: finds the way the registry wants to be asked and keeps to it. Redirects
 * are followed; credentials are shown to nobody but the registry and the token service it names itself, and the token
 * to the registry alone. Answers have a limit, each and together.
 */
export class RegistrySession {
  readonly #options: SessionOptions;
  readonly #hosts: Hosts;
  #authorization: string | undefined;
  #bytes = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#hosts = new Hosts({ ...options, registry: options.reference.registry });
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#hosts.close();
  }

  /** A request below `/v2/<repository>/`; throws RegistryError for everything but success. */
  async ask(
    method: "GET" | "HEAD",
    path: string,
    { accept, maxBytes }: { readonly accept?: string; readonly maxBytes: number },
  ): Promise<RegistryAnswer> {
    const { reference, accessTo, credentials } = this.#options;
    const scheme = accessTo(reference.registry).insecure === true ? "http" : "https";
    const url = new URL(`${scheme}://${endpointOf(reference.registry)}/v2/${reference.repository}/${path}`);
    let found = await this.#follow(method, url, accept);
    if (found.response.statusCode === 401 && found.isOwn && this.#authorization === undefined) {
      const challenge = parseChallenge(headerOf(found.response, "www-authenticate"));
      for (const credential of credentials.length === 0 ? [undefined] : credentials) {
        await drop(found.response);
        this.#authorization = await this.#authorize(challenge, credential);
        found = await this.#follow(method, url, accept);
        if (![401, 403].includes(found.response.statusCode)) break;
      }
    }
    const { response } = found;
    if (response.statusCode !== 200) {
      await drop(response);
      throw this.#refused(response.statusCode);
    }
    const body = method === "HEAD" ? await drop(response) : await this.#read(response, maxBytes);
    return { headers: flatten(response.headers), body };
  }

  /** A failure about this image. */
  error(
    failure: RegistryFailure,
    detail: string,
    more: { readonly shown?: string; readonly cause?: unknown } = {},
  ): RegistryError {
    return new RegistryError(failure, {
      image: printReference(this.#options.reference),
      detail,
      ...more,
    });
  }

  /** What a redirect leads to is asked without credentials where it is another host's. */
  async #follow(method: "GET" | "HEAD", from: URL, accept?: string): Promise<Followed> {
    let url = from;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const isOwn = url.origin === from.origin;
      const own = isOwn ? this.#authorization : undefined;
      const response = await this.#send(url, {
        method,
        headers: {
          ...(accept === undefined ? {} : { accept }),
          ...(own === undefined ? {} : { authorization: own }),
        },
      });
      const location = headerOf(response, "location");
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode) && location !== "";
      if (!isRedirect) return { response, isOwn };
      await drop(response);
      if (!URL.canParse(location, url.href)) throw this.error("malformed", "it redirects to what is no URL");
      url = new URL(location, url);
    }
    throw this.error("malformed", `it redirects more than ${maxRedirects} times`);
  }

  async #send(url: URL, options: HostRequest): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#hosts.send(url, options);
    } catch (error) {
      throw this.#failed(url, error);
    }
  }

  async #authorize(
    challenge: Challenge | undefined,
    credential: RegistryCredential | undefined,
  ): Promise<string | undefined> {
    if (challenge?.scheme === "basic") {
      return credential === undefined ? undefined : basic(credential);
    }
    return challenge === undefined ? undefined : `Bearer ${await this.#token(challenge, credential)}`;
  }

  async #token(
    { realm, service, scope }: Challenge & { scheme: "bearer" },
    credential: RegistryCredential | undefined,
  ): Promise<string> {
    const { reference } = this.#options;
    if (!URL.canParse(realm)) throw this.error("malformed", "its token service has no URL");
    const url = new URL(realm);
    const asked = { service: service ?? "", scope: scope ?? `repository:${reference.repository}:pull` };
    let response: Dispatcher.ResponseData;
    if (credential?.identityToken === undefined) {
      for (const [key, value] of Object.entries(asked)) if (value !== "") url.searchParams.set(key, value);
      const headers = credential === undefined ? {} : { headers: { authorization: basic(credential) } };
      response = await this.#send(url, { method: "GET", ...headers });
    } else {
      const form = new URLSearchParams({
        grant_type: "refresh_token",
        client_id: "hawsepipe",
        refresh_token: credential.identityToken,
        ...asked,
      });
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      response = await this.#send(url, { method: "POST", headers, body: form.toString() });
    }
    if (response.statusCode !== 200) {
      await drop(response);
      throw this.#refused(response.statusCode, "its token service");
    }
    const token = tokenOf(await this.#read(response, maxTokenBytes));
    if (token === undefined) throw this.error("malformed", "its token service gave no token");
    return token;
  }

  async #read(response: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const limit = Math.min(maxBytes, maxSessionBytes - this.#bytes);
    let size = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limit) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#failed(undefined, error);
    }
    this.#bytes += size;
    if (size > limit) throw this.error("too-large", `an answer is larger than ${limit} bytes`);
    return Buffer.concat(chunks);
  }

  #refused(status: number, who = "it"): RegistryError {
    const detail = `${who} answers with status ${status}`;
    if (status === 401 || status === 403) {
      const isAnonymous = this.#options.credentials.length === 0;
      const shown = isAnonymous ? " without credentials" : " with the pull secrets";
      return this.error("unauthorized", detail, { shown });
    }
    if (status === 404) return this.error("not-found", detail);
    return this.error(status === 429 || status >= 500 ? "unavailable" : "malformed", detail);
  }

  /** What a request that had no answer, or no whole one, means. */
  #failed(url: URL | undefined, cause: unknown): RegistryError {
    if (cause instanceof HostRefusedError) return this.error("refused", cause.message, { cause });
    const host = url === undefined ? "" : `${url.host}: `;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
    const why = this.#options.signal.aborted ? "no answer in time" : code;
    return this.error(this.#hosts.hasAnswer ? "unavailable" : "unreachable", `${host}${why}`, { cause });
  }
}

const basic = ({ username, password }: RegistryCredential): string =>
  `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;

function tokenOf(body: Buffer): string | undefined {
  let answer: JsonValue;
  try {
    answer = JSON.parse(body.toString("utf8")) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isObject(answer)) return undefined;
  const token = getKey(answer, "token") ?? getKey(answer, "access_token");
  return typeof token === "string" && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

function flatten(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

/** Reads nothing more of an answer, so that its connection is free again. */
async function drop({ body }: Dispatcher.ResponseData): Promise<Buffer> {
  await body.dump().catch(() => undefined);
  return Buffer.alloc(0);
}
