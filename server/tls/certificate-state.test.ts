import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import type { CertificatePolicy, CertificateState } from "./certificate-state.ts";
import { bundleOf, defaultPolicy, firstState, renewAt, renewState } from "./certificate-state.ts";
import { decodeState, encodeState } from "./secret-form.ts";

const start = new Date("2026-01-01T00:00:00Z");
const day = 24 * 60 * 60 * 1000;
const policy: CertificatePolicy = {
  ...defaultPolicy,
  names: ["hawsepipe.hawsepipe-system.svc", "127.0.0.1"],
};
const first = await firstState(policy, start);
const after = (days: number): Date => new Date(start.getTime() + days * day);
const isSignedBy = (state: CertificateState, ca: string): boolean =>
  new X509Certificate(state.leaf.cert).verify(new X509Certificate(ca).publicKey);

test("a first certificate is for all names, signed by the one CA in the bundle", () => {
  const leaf = new X509Certificate(first.leaf.cert);
  expect(leaf.checkHost("hawsepipe.hawsepipe-system.svc")).toBeDefined();
  expect(leaf.checkIP("127.0.0.1")).toBeDefined();
  expect(isSignedBy(first, first.ca.cert)).toBe(true);
  expect(bundleOf(first)).toBe(`${first.ca.cert.trim()}\n`);
});

test("nothing is done before two thirds of the life are over, and then a new certificate is made", async () => {
  expect(await renewState(first, policy, after(59))).toBe(first);
  const renewed = await renewState(first, policy, after(61));
  expect(renewed.leaf.cert).not.toBe(first.leaf.cert);
  expect(renewed.ca).toBe(first.ca);
  expect(renewAt(renewed.leaf.cert).getTime()).toBeGreaterThan(after(120).getTime());
});

test("a certificate for other names is replaced at once", async () => {
  const other = await renewState(first, { ...policy, names: [...policy.names, "localhost"] }, after(1));
  expect(new X509Certificate(other.leaf.cert).checkHost("localhost")).toBeDefined();
});

test("a new CA is announced before it signs, and the old one is trusted until it has expired", async () => {
  const due = new Date(renewAt(first.ca.cert).getTime() + 1000);
  const announced = await renewState(first, policy, due);
  const next = announced.nextCa?.cert ?? "";
  expect(bundleOf(announced)).toContain(next.trim());
  expect(isSignedBy(announced, first.ca.cert)).toBe(true);

  const soon = new Date(due.getTime() + policy.overlapMs - 1);
  expect(await renewState(announced, policy, soon)).toBe(announced);
  const switched = await renewState(announced, policy, new Date(due.getTime() + policy.overlapMs));
  expect(switched.ca.cert).toBe(next);
  expect(switched.nextCa).toBeUndefined();
  expect(isSignedBy(switched, next)).toBe(true);
  expect(bundleOf(switched)).toContain(first.ca.cert.trim());

  const expired = new Date(new X509Certificate(first.ca.cert).validToDate.getTime() + 1000);
  const later = await renewState(switched, policy, expired);
  expect(later.oldCas).toEqual([]);
});

test("a Secret holds the state, and one that was tampered with holds none", async () => {
  const due = new Date(renewAt(first.ca.cert).getTime() + 1000);
  for (const state of [first, await renewState(first, policy, due)]) {
    const { annotations, data, type } = encodeState(state);
    const secret = { apiVersion: "v1", kind: "Secret", type, metadata: { annotations }, data };
    expect(decodeState(secret)).toEqual(state);
    expect(decodeState({ ...secret, data: { ...(data as object), "tls.key": "AAAA" } })).toBeUndefined();
    expect(decodeState({ ...secret, data: {} })).toBeUndefined();
  }
});
