import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import { parseCertificatePool, refuseClientCertificate } from "../../../server/authn/certificate-pool.ts";
import { Pki } from "../../../server/authn/pki.ts";

const day = 24 * 60 * 60 * 1000;
const clock = fakeClock(Date.parse("2026-03-01T00:00:00Z"));
const servingNames = ["localhost", "127.0.0.1", "hawsepipe.default.svc"];
let directory: string;
let pki: Pki;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hawsepipe-pki-"));
  pki = await Pki.open({ directory, clock, servingNames });
});
afterAll(() => rm(directory, { recursive: true }));

test("keys can be read by their owner only", async () => {
  await pki.serving();
  for (const file of ["ca.key", "serving.key"]) {
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  }
});

test("the serving certificate is for every name and address, and comes from the authority", async () => {
  const leaf = new X509Certificate((await pki.serving()).cert);
  const authority = new X509Certificate(pki.ca.cert);
  expect(authority.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
  expect([leaf.checkHost("localhost"), leaf.checkIP("127.0.0.1"), leaf.checkHost("other")]).toEqual([
    "localhost",
    "127.0.0.1",
    undefined,
  ]);
});

test("everything is found again, and renewed after two thirds of its life", async () => {
  const first = await pki.serving();
  const again = await Pki.open({ directory, clock, servingNames });
  expect(again.ca).toEqual(pki.ca);
  expect(await again.serving()).toEqual(first);
  const later = fakeClock(Pki.renewAt(first.cert).getTime() + 1);
  const renewed = await (await Pki.open({ directory, clock: later, servingNames })).serving();
  expect(renewed.cert).not.toBe(first.cert);
  const more = [...servingNames, "::1"];
  const widened = await (await Pki.open({ directory, clock: later, servingNames: more })).serving();
  expect(new X509Certificate(widened.cert).checkIP("::1")).toBe("::1");
});

test("a key that does not fit its certificate is replaced with it", async () => {
  const user = { name: "carol", groups: ["a", "b"] };
  const first = await pki.client("carol", user);
  expect(await pki.client("carol", user)).toEqual(first);
  await writeFile(join(directory, "carol.key"), pki.ca.key);
  expect((await pki.client("carol", user)).cert).not.toBe(first.cert);
});

test("client certificates are good for clients of this authority while they are valid", async () => {
  const pool = parseCertificatePool(pki.ca.cert);
  const alice = new X509Certificate((await pki.issueClient({ name: "alice", groups: [] })).cert);
  const refusal = (certificate: X509Certificate, at: number): string | undefined =>
    refuseClientCertificate(certificate, pool, new Date(at));
  const now = clock.now().getTime();
  expect(refusal(alice, now)).toBeUndefined();
  expect(refusal(alice, now + 366 * day)).toBe("x509: certificate has expired or is not yet valid");
  expect(refusal(alice, now - day)).toBe("x509: certificate has expired or is not yet valid");
  expect(refusal(new X509Certificate((await pki.serving()).cert), now)).toBe(
    "x509: certificate specifies an incompatible key usage",
  );
  const other = await Pki.open({ directory: join(directory, "other"), clock, servingNames: [] });
  const mallory = new X509Certificate((await other.issueClient({ name: "alice", groups: [] })).cert);
  expect(refusal(mallory, now)).toBe("x509: certificate signed by unknown authority");
});
