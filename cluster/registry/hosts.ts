/**
 * Connections to the hosts an image leads to: its registry, and where that sends on to. Each is reached as the
 * administrator says of that host, and one he has not listed over HTTPS, at public addresses only. Addresses are checked
 * when a connection is made, by whatever name or redirect it came to that; from a registry that is not listed nothing
 * leads to an address that is not public.
 */
import { lookup } from "node:dns/promises";
import { Resolver } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import type { Agent, Dispatcher } from "undici";
import { isPublicAddress } from "./address.ts";
import { canonicalRegistry } from "./reference.ts";

/** How a registry is reached. */
export interface RegistryAccess {
  /** PEM; absent means the system's roots. */
  readonly ca?: string;
  /** Plain HTTP. */
  readonly insecure?: boolean;
  /** The administrator has named this host, and so knows where it is; it need not be public. */
  readonly isListed?: boolean;
}

/** How a host, with its port where it is not the usual one, is reached. */
export type AccessTo = (host: string) => RegistryAccess;

/** The addresses of a name; rejects when there are none. */
export type ResolveHost = (
  hostname: string,
  options: { readonly isListed: boolean },
) => Promise<readonly LookupAddress[]>;

/** A host that is not to be asked; the message says why. */
export class HostRefusedError extends Error {
  override readonly name = "HostRefusedError";
}

const connectTimeoutMs = 5_000;
const answerTimeoutMs = 15_000;

/**
 * Names of hosts that are listed are found as everywhere in the system. Others are asked of the name servers alone: a
 * name that takes them minutes must not take up the threads that everything else needs, and one of this machine or of
 * its search list is none of a user's.
 */
export const resolveHost: ResolveHost = async (hostname, { isListed }) => {
  if (isListed) return lookup(hostname, { all: true });
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [
    ...(v4.status === "fulfilled" ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === "fulfilled" ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0 && v4.status === "rejected") throw v4.reason;
  return found;
};

export interface HostsOptions {
  /** The host of the image's own registry. */
  readonly registry: string;
  readonly accessTo: AccessTo;
  readonly resolve: ResolveHost;
  readonly signal: AbortSignal;
  readonly userAgent: string;
}

export interface HostRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class Hosts {
  readonly #options: HostsOptions;
  readonly #agents = new Map<string, Agent>();
  #hasAnswer = false;

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  /** Whether anything has answered at all. */
  get hasAnswer(): boolean {
    return this.#hasAnswer;
  }

  /** Sends one request; redirects are the caller's. Throws HostRefusedError for a URL that is not to be asked. */
  async send(url: URL, { method, headers, body }: HostRequest): Promise<Dispatcher.ResponseData> {
    const { signal, userAgent } = this.#options;
    const access = this.accessOf(url);
    const isSecure = url.protocol === "https:";
    if (!isSecure && (url.protocol !== "http:" || access.insecure !== true)) {
      throw new HostRefusedError(`${url.protocol}//${url.host} is not served over HTTPS`);
    }
    if (url.username !== "" || url.password !== "") {
      throw new HostRefusedError(`the URL at ${url.host} names a user`);
    }
    const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
    // A connection to an address asks for no name.
    if (isIP(hostname) !== 0) this.#check(hostname, [{ address: hostname, family: isIP(hostname) }], access);
    // Loaded by who asks: many servers never read an image.
    const undici = await import("undici");
    const response = await unlessAborted(
      signal,
      undici.request(url, {
        method,
        headers: { "user-agent": userAgent, ...headers },
        ...(body === undefined ? {} : { body }),
        dispatcher: this.#agent(undici, url, access),
        signal,
      }),
    );
    this.#hasAnswer = true;
    return response;
  }

  /** How the host of a URL is reached; one with the usual port is known without it. */
  accessOf(url: URL): RegistryAccess {
    const { accessTo } = this.#options;
    const access = accessTo(canonicalRegistry(url.host));
    if (access.isListed === true || url.port !== "") return access;
    const withPort = accessTo(
      `${canonicalRegistry(url.hostname)}:${url.protocol === "https:" ? "443" : "80"}`,
    );
    return withPort.isListed === true ? withPort : access;
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #agent({ Agent: Connections }: Undici, url: URL, access: RegistryAccess): Agent {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const agent = new Connections({
      allowH2: false,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      connect: {
        ...(access.ca === undefined ? {} : { ca: access.ca }),
        lookup: this.#lookup(access),
        timeout: connectTimeoutMs,
      },
    });
    this.#agents.set(url.origin, agent);
    return agent;
  }

  /** A name is looked up by the connection that is made to it, so that it cannot stand for something else by then. */
  #lookup(access: RegistryAccess): LookupFunction {
    return (hostname, options, callback) => {
      const answer = async (): Promise<void> => {
        const isListed = access.isListed === true;
        const found = await this.#options.resolve(hostname, { isListed });
        const allowed = this.#check(hostname, found, access);
        const [first] = allowed;
        if (options.all === true) callback(null, [...allowed]);
        else callback(null, first?.address ?? "", first?.family ?? 0);
      };
      answer().catch((error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      });
    };
  }

  /** The addresses that may be asked; throws when there are none. */
  #check(
    hostname: string,
    addresses: readonly LookupAddress[],
    access: RegistryAccess,
  ): readonly LookupAddress[] {
    const { accessTo, registry } = this.#options;
    const isAnywhere = access.isListed === true && accessTo(registry).isListed === true;
    const allowed = isAnywhere ? addresses : addresses.filter(({ address }) => isPublicAddress(address));
    if (allowed.length > 0) return allowed;
    throw new HostRefusedError(
      addresses.length === 0
        ? `${hostname} has no address`
        : `${hostname} is at ${addresses.map(({ address }) => address).join(", ")}, which is not public, and is not listed`,
    );
  }
}

type Undici = typeof import("undici");

/** A connection that is only being made does not listen to a signal. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const end = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  // Whichever is later is nobody's any more.
  work.catch(() => undefined);
  aborted.promise.catch(() => undefined);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
