/**
 * Users named by a front proxy (kube-apiserver's aggregation layer) in request headers. They count only behind a client
 * certificate of the request-header CA whose common name is allowed; anybody else could send them. Who sends them
 * without such a certificate has shown a bad credential: another one may still say who it is, but it is not anonymous.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { AuthenticationRequest, Authenticator } from "./authenticator.ts";
import type { CertificatePool } from "./certificate-pool.ts";
import { subjectOf } from "./client-certificate.ts";
import { PeerVerifier } from "./peer-verifier.ts";

/** What `kube-system/extension-apiserver-authentication` says. Header names in any case. */
export interface RequestHeaderConfig {
  readonly clientCA: CertificatePool;
  /** Common names of proxies; none means any name the CA has signed. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  /** Without any, a uid is not believed. */
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** The configuration in force is asked for at every request; undefined trusts nobody. */
export function requestHeaderAuthenticator(
  config: () => RequestHeaderConfig | undefined,
  clock: Clock,
): Authenticator {
  const verifier = new PeerVerifier(clock, (certificate) => subjectOf(certificate).CN.at(-1) ?? "");
  let prepared: { from: RequestHeaderConfig; names: Names } | undefined;
  const namesOf = (from: RequestHeaderConfig): Names => {
    if (prepared?.from !== from) prepared = { from, names: lowerCased(from) };
    return prepared.names;
  };
  const unproven = new Error("identity headers without a front proxy's certificate");
  return {
    authenticate(request) {
      const current = config();
      if (current === undefined) return undefined;
      const proxy = verifier.verify(request.peer, current.clientCA);
      if (proxy === undefined) {
        if (claimsIdentity(request, namesOf(current))) throw unproven;
        return undefined;
      }
      if (current.allowedNames.length > 0 && !current.allowedNames.includes(proxy)) {
        throw new Error(`x509: subject with cn=${proxy} is not in the allowed list`);
      }
      const user = readUser(request, namesOf(current));
      return user === undefined ? undefined : { user, proxied: true };
    },
    hides(header) {
      const current = config();
      if (current === undefined) return false;
      return isIdentityHeader(header, namesOf(current));
    },
  };
}

interface Names {
  readonly username: readonly string[];
  readonly uid: readonly string[];
  readonly group: readonly string[];
  readonly extraPrefixes: readonly string[];
  readonly all: ReadonlySet<string>;
}

function lowerCased(config: RequestHeaderConfig): Names {
  const lower = (names: readonly string[]): string[] => names.map((name) => name.trim().toLowerCase());
  const username = lower(config.usernameHeaders);
  const uid = lower(config.uidHeaders);
  const group = lower(config.groupHeaders);
  const extraPrefixes = lower(config.extraHeaderPrefixes);
  return { username, uid, group, extraPrefixes, all: new Set([...username, ...uid, ...group]) };
}

/** Header names are in lower case. */
function isIdentityHeader(header: string, names: Names): boolean {
  return names.all.has(header) || names.extraPrefixes.some((prefix) => header.startsWith(prefix));
}

function claimsIdentity({ rawHeaders }: AuthenticationRequest, names: Names): boolean {
  return rawHeaders.some((text, i) => i % 2 === 0 && isIdentityHeader(text.toLowerCase(), names));
}

function readUser(request: AuthenticationRequest, names: Names): UserInfo | undefined {
  const values = new Map<string, string[]>();
  const extra = new Map<string, string[]>();
  const { rawHeaders } = request;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    const value = fromLatin1(rawHeaders[i + 1] ?? "");
    if (names.all.has(name)) append(values, name, value);
    for (const prefix of names.extraPrefixes) {
      if (name.startsWith(prefix)) append(extra, unescapeKey(name.slice(prefix.length)), value);
    }
  }
  const first = (headers: readonly string[]): string | undefined =>
    headers.map((header) => values.get(header)?.[0]).find((value) => value !== undefined && value !== "");
  const username = first(names.username);
  if (username === undefined) return undefined;
  const uid = first(names.uid);
  const groups = names.group.flatMap((header) => values.get(header) ?? []);
  if (!groups.includes("system:authenticated")) groups.push("system:authenticated");
  return {
    name: username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

function append(to: Map<string, string[]>, key: string, value: string): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [value]);
  else known.push(value);
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Go writes header values as UTF-8 bytes, Node reads them as latin1. */
function fromLatin1(value: string): string {
  for (let i = 0; i < value.length; i += 1) {
    if (value.charCodeAt(i) > 127) return Buffer.from(value, "latin1").toString("utf8");
  }
  return value;
}
