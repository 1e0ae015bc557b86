/** What the ConfigMap `kube-system/extension-apiserver-authentication` says, read strictly: half of it is nothing. */
import { isObject } from "../../../machinery/json/value.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import type { CertificatePool } from "../certificate-pool.ts";
import { parseCertificatePool } from "../certificate-pool.ts";
import type { RequestHeaderConfig } from "../request-header.ts";

/** Whom to believe. What is undefined is not believed at all. */
export interface TrustConfig {
  readonly requestHeader: RequestHeaderConfig | undefined;
  readonly clientCA: CertificatePool | undefined;
  /** The PEM of both, for the TLS layer to announce. */
  readonly authorities: string;
}

/** Nobody is believed: before the map was read, and when it is not there. */
export const noTrust: TrustConfig = { requestHeader: undefined, clientCA: undefined, authorities: "" };

export interface ReadTrust {
  readonly config: TrustConfig;
  /** Why a part of the map is not believed. */
  readonly errors: readonly string[];
}

/** Reads the map's data. A part that is missing or broken is left out, never replaced by something more trusting. */
export function readTrust(data: JsonValue | undefined): ReadTrust {
  const map = isObject(data) ? data : {};
  const errors: string[] = [];
  const text = (key: string): string => {
    const value = Object.hasOwn(map, key) ? map[key] : undefined;
    return typeof value === "string" ? value : "";
  };
  const pool = (key: string): CertificatePool | undefined => {
    const pem = text(key);
    if (pem.trim() === "") return undefined;
    try {
      return parseCertificatePool(pem);
    } catch (error) {
      errors.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const clientCA = pool("client-ca-file");
  const proxyCA = pool("requestheader-client-ca-file");
  const requestHeader = proxyCA === undefined ? undefined : readHeaders(proxyCA, text, errors);
  const authorities = [
    clientCA === undefined ? "" : text("client-ca-file"),
    requestHeader === undefined ? "" : text("requestheader-client-ca-file"),
  ];
  return {
    config: {
      requestHeader,
      clientCA,
      authorities: authorities.filter((pem) => pem !== "").join("\n"),
    },
    errors,
  };
}

function readHeaders(
  clientCA: CertificatePool,
  text: (key: string) => string,
  errors: string[],
): RequestHeaderConfig | undefined {
  const list = (key: string): readonly string[] | undefined => {
    const names = stringList(text(key));
    if (names === undefined) errors.push(`${key}: not a JSON array of strings`);
    return names;
  };
  const allowedNames = list("requestheader-allowed-names");
  const usernameHeaders = list("requestheader-username-headers");
  const uidHeaders = list("requestheader-uid-headers");
  const groupHeaders = list("requestheader-group-headers");
  const extraHeaderPrefixes = list("requestheader-extra-headers-prefix");
  // A list that cannot be read might have narrowed something down.
  if (
    allowedNames === undefined ||
    usernameHeaders === undefined ||
    uidHeaders === undefined ||
    groupHeaders === undefined ||
    extraHeaderPrefixes === undefined
  ) {
    return undefined;
  }
  return { clientCA, allowedNames, usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes };
}

/** An absent list is an empty one; undefined for what is no list of texts. */
function stringList(text: string): readonly string[] | undefined {
  if (text.trim() === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
