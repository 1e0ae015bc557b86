import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { isObject, getKey } from "../../machinery/json/value.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { parseChallenge } from "./challenge.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryCredential } from "./credentials.ts";
import { RegistryError } from "./error.ts";
import type { ImageReference } from "./reference.ts";
import { endpointOf, printReference } from "./reference.ts";

/** How a registry is reached. */
export interface RegistryAccess {
  /** PEM; absent means the system's roots. */
  readonly ca?: string;
  /** Plain HTTP. */
  readonly insecure?: boolean;
}

export interface SessionOptions {
  readonly reference: ImageReference;
  readonly access: RegistryAccess;
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

/**
 * Requests about one image with one identity: finds the way the registry wants to be asked and keeps to it. Redirects
 * are followed, credentials are shown to nobody but the registry and the token service it names, answers have a limit.
 */
export class RegistrySession {
  readonly #options: SessionOptions;
  readonly #agent: Agent;
  #authorization: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { ca } = options.access;
    this.#agent = new Agent({ connect: ca === undefined ? {} : { ca }, allowH2: false });
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** A request below `/v2/<repository>/`; throws RegistryError for everything but success. */
  async ask(
    method: "GET" | "HEAD",
    path: string,
    { accept, maxBytes }: { readonly accept?: string; readonly maxBytes: number },
  ): Promise<RegistryAnswer> {
    const { reference, access } = this.#options;
    const scheme = access.insecure === true ? "http" : "https";
    const url = new URL(`${scheme}://${endpointOf(reference.registry)}/v2/${reference.repository}/${path}`);
    const send = (): Promise<Dispatcher.ResponseData> => this.#follow(method, url, accept);
    let response = await send();
    if (response.statusCode === 401 && this.#authorization === undefined) {
      const challenge = parseChallenge(headerOf(response, "www-authenticate"));
      const candidates = this.#options.credentials.length === 0 ? [undefined] : this.#options.credentials;
      for (const credential of candidates) {
        await drop(response);
        this.#authorization = await this.#authorize(challenge, credential);
        response = await send();
        if (response.statusCode !== 401 && response.statusCode !== 403) break;
      }
    }
    if (response.statusCode !== 200) {
      await drop(response);
      throw this.#refused(response.statusCode);
    }
    const body = method === "HEAD" ? await drop(response) : await this.#read(response, maxBytes);
    return { headers: flatten(response.headers), body };
  }

  /** What a redirect leads to is asked without credentials where it is another host's. */
  async #follow(method: "GET" | "HEAD", from: URL, accept?: string): Promise<Dispatcher.ResponseData> {
    let url = from;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const own = url.origin === from.origin ? this.#authorization : undefined;
      const response = await this.#send(url, {
        method,
        headers: {
          ...(accept === undefined ? {} : { accept }),
          ...(own === undefined ? {} : { authorization: own }),
        },
      });
      const location = headerOf(response, "location");
      if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === "") return response;
      await drop(response);
      url = this.#secure(new URL(location, url), "a redirect");
    }
    throw this.#error("malformed", "it redirects without end");
  }

  async #send(
    url: URL,
    options: {
      readonly method: "GET" | "HEAD" | "POST";
      readonly headers?: Record<string, string>;
      readonly body?: string;
    },
  ): Promise<Dispatcher.ResponseData> {
    const { signal, userAgent } = this.#options;
    try {
      return await request(url, {
        ...options,
        headers: { "user-agent": userAgent, ...options.headers },
        dispatcher: this.#agent,
        signal,
      });
    } catch (error) {
      throw this.#unreachable(error);
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
    if (!URL.canParse(realm)) throw this.#error("malformed", "its token service has no URL");
    const url = this.#secure(new URL(realm), "its token service");
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
      throw this.#refused(response.statusCode);
    }
    const token = tokenOf(await this.#read(response, maxTokenBytes));
    if (token === undefined) throw this.#error("malformed", "its token service gave no token");
    return token;
  }

  /** Only a registry that is spoken to without TLS may lead to others without it. */
  #secure(url: URL, what: string): URL {
    const allowed = this.#options.access.insecure === true ? ["https:", "http:"] : ["https:"];
    if (!allowed.includes(url.protocol)) throw this.#error("malformed", `${what} is not served over HTTPS`);
    return url;
  }

  async #read(response: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (size > maxBytes) throw this.#error("malformed", `its answer is larger than ${maxBytes} bytes`);
    return Buffer.concat(chunks);
  }

  #refused(status: number): RegistryError {
    if (status === 401 || status === 403) {
      const shown = this.#options.credentials.length === 0 ? "without credentials" : "with the pull secrets";
      return this.#error("unauthorized", `the registry refuses access ${shown} (status ${status})`);
    }
    if (status === 404) return this.#error("not-found", "the registry does not know it (status 404)");
    return status === 429 || status >= 500
      ? this.#error("unavailable", `the registry answers with status ${status}`)
      : this.#error("malformed", `the registry answers with status ${status}`);
  }

  #unreachable(cause: unknown): RegistryError {
    const { signal } = this.#options;
    if (signal.aborted) return this.#error("unavailable", "the registry did not answer in time", cause);
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
    return this.#error("unavailable", `the registry cannot be reached (${code})`, cause);
  }

  #error(failure: RegistryError["failure"], why: string, cause?: unknown): RegistryError {
    return new RegistryError(failure, `image ${printReference(this.#options.reference)}: ${why}`, cause);
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
