import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { KeyPair } from "../authn/pki.ts";
import type { CertificateState } from "./certificate-state.ts";
import { bundleOf } from "./certificate-state.ts";

const sinceAnnotation = "hawsepipe.dev/next-ca-since";

/** The state as the data of a Secret of type `kubernetes.io/tls`; `ca.crt` is what clients should trust. */
export function encodeState(state: CertificateState): Pick<KubeObject, "data" | "type"> & {
  readonly annotations: Record<string, string>;
} {
  const { nextCa } = state;
  const data: Record<string, string> = {
    "tls.crt": state.leaf.cert,
    "tls.key": state.leaf.key,
    "ca.crt": bundleOf(state),
    "signer.crt": state.ca.cert,
    "signer.key": state.ca.key,
    ...(nextCa === undefined ? {} : { "next-signer.crt": nextCa.cert, "next-signer.key": nextCa.key }),
    ...(state.oldCas.length === 0 ? {} : { "old-signers.crt": state.oldCas.join("\n") }),
  };
  return {
    type: "kubernetes.io/tls",
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    ),
    annotations: nextCa === undefined ? {} : { [sinceAnnotation]: nextCa.since.toISOString() },
  };
}

/** The state of a Secret; undefined when it does not hold a usable one. */
export function decodeState(secret: KubeObject): CertificateState | undefined {
  const text = (key: string): string => {
    const value = getPath(asJson(secret), "data", key);
    return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
  };
  const ca = pairOf(text("signer.crt"), text("signer.key"));
  const leaf = pairOf(text("tls.crt"), text("tls.key"));
  if (ca === undefined || leaf === undefined) return undefined;
  const nextCa = pairOf(text("next-signer.crt"), text("next-signer.key"));
  const since = new Date(secret.metadata.annotations?.[sinceAnnotation] ?? "");
  const oldCas =
    text("old-signers.crt").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return {
    ca,
    leaf,
    oldCas,
    ...(nextCa === undefined || Number.isNaN(since.getTime()) ? {} : { nextCa: { ...nextCa, since } }),
  };
}

/** A certificate and the key that belongs to it. */
function pairOf(cert: string, key: string): KeyPair | undefined {
  if (cert === "" || key === "") return undefined;
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
}
