/**
 * What the built-in source keeps in its Secret, and what has to be done about it at a given time. Pure apart from making
 * keys. A new CA is announced before anything is signed with it: for a while the bundle has both and the old one signs.
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { KeyPair } from "../authn/pki.ts";
import { issueAuthority, issueLeaf } from "../authn/pki.ts";

export interface CertificateState {
  /** Signs new certificates. */
  readonly ca: KeyPair;
  /** Announced already, signs from `since` plus the overlap on. */
  readonly nextCa?: KeyPair & { readonly since: Date };
  /** Signed what may still be served. */
  readonly oldCas: readonly string[];
  readonly leaf: KeyPair;
}

export interface CertificatePolicy {
  /** Names and addresses the certificate is for. */
  readonly names: readonly string[];
  readonly leafLifeMs: number;
  /** How long a new CA is announced before it signs. */
  readonly overlapMs: number;
}

const day = 24 * 60 * 60 * 1000;

/** Ninety days of life for a certificate, an hour for everybody to learn of a new CA. */
export const defaultPolicy = { leafLifeMs: 90 * day, overlapMs: 60 * 60 * 1000 } as const;

/** The first state. */
export async function firstState(policy: CertificatePolicy, now: Date): Promise<CertificateState> {
  const ca = await issueAuthority(now);
  return { ca, oldCas: [], leaf: await issue(ca, policy, now) };
}

/** The state that should be; the same object when nothing has to be done. */
export async function renewState(
  state: CertificateState,
  policy: CertificatePolicy,
  now: Date,
): Promise<CertificateState> {
  let next = state;
  const { nextCa } = next;
  if (nextCa !== undefined && now.getTime() >= nextCa.since.getTime() + policy.overlapMs) {
    const { since: _, ...ca } = nextCa;
    // The certificate is made anew below: it is not the new CA's.
    next = { ca, oldCas: [next.ca.cert, ...next.oldCas], leaf: next.leaf };
  } else if (nextCa === undefined && isDue(next.ca.cert, now)) {
    next = { ...next, nextCa: { ...(await issueAuthority(now)), since: now } };
  }
  const oldCas = next.oldCas.filter((cert) => new X509Certificate(cert).validToDate > now);
  if (oldCas.length !== next.oldCas.length) next = { ...next, oldCas };
  if (!isGood(next, policy, now)) next = { ...next, leaf: await issue(next.ca, policy, now) };
  return next;
}

/** Everything clients should trust. */
export function bundleOf(state: CertificateState): string {
  const next = state.nextCa === undefined ? [] : [state.nextCa.cert];
  return [state.ca.cert, ...next, ...state.oldCas].map((pem) => `${pem.trim()}\n`).join("");
}

/** When a certificate should be replaced: after two thirds of its life. */
export function renewAt(cert: string): Date {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return new Date(validFromDate.getTime() + ((validToDate.getTime() - validFromDate.getTime()) * 2) / 3);
}

const isDue = (cert: string, now: Date): boolean => now >= renewAt(cert);

function isGood(state: CertificateState, policy: CertificatePolicy, now: Date): boolean {
  const leaf = new X509Certificate(state.leaf.cert);
  const ca = new X509Certificate(state.ca.cert);
  return (
    !isDue(state.leaf.cert, now) &&
    leaf.validFromDate <= now &&
    leaf.checkIssued(ca) &&
    leaf.verify(ca.publicKey) &&
    policy.names.every((name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined)
  );
}

function issue(ca: KeyPair, policy: CertificatePolicy, now: Date): Promise<KeyPair> {
  const leaf = {
    commonName: "hawsepipe",
    organizations: [],
    names: policy.names,
    usage: "serverAuth",
  } as const;
  return issueLeaf(ca, leaf, { now, lifeMs: policy.leafLifeMs });
}
