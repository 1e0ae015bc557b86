import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { readCaBundle } from "./ca-bundle.ts";

const [one = "", two = ""] = rootCertificates;
const path = "spec.networking.tls.caBundle";
const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
const broken = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n";

describe("the certificates of a ConfigMap", () => {
  test.each<{ says: string; data: Record<string, unknown>; keys?: string[]; want: number; error?: string }>([
    { says: "come out of one key", data: { "ca-bundle.crt": `${one}\n${two}\n` }, want: 2 },
    { says: "come out of several", data: { a: one, b: two }, keys: ["a", "b"], want: 2 },
    { says: "count once", data: { "ca-bundle.crt": `${one}\n${one}\n` }, want: 1 },
    {
      says: "come without anything else that is there",
      data: { "ca-bundle.crt": `# ${key}${one}\n` },
      want: 1,
    },
    { says: "may be missing from one of the keys", data: { a: " ", b: two }, keys: ["a", "b"], want: 1 },
    {
      says: "may not be missing from all",
      data: { "ca-bundle.crt": key },
      want: 0,
      error: "there is no certificate",
    },
    {
      says: "need their key",
      data: {},
      want: 0,
      error: 'Invalid value: "ca-bundle.crt": the ConfigMap has no such key',
    },
    {
      says: "have to be such",
      data: { "ca-bundle.crt": one + "\n" + broken },
      want: 0,
      error: "certificate 2 of this key",
    },
    {
      says: "are not looked for in what an object inherits",
      data: {},
      keys: ["constructor"],
      want: 0,
      error: "no such key",
    },
  ])("$says", ({ data, keys = ["ca-bundle.crt"], want, error }) => {
    const { pem, errors } = readCaBundle(data, keys, path);
    expect(pem.match(/BEGIN CERTIFICATE/g) ?? []).toHaveLength(want);
    expect(errors.map((each) => each.detail).join()).toContain(error ?? "");
    expect(errors.length > 0).toBe(error !== undefined);
    expect(JSON.stringify([pem, errors])).not.toContain("c2VjcmV0");
  });

  test("are the same text whatever stands between them", () => {
    const spaced = { "ca-bundle.crt": `x\n\n${one}\n\n y ${two}\r\n` };
    const read = (data: Record<string, string>) => readCaBundle(data, ["ca-bundle.crt"], path).pem;
    expect(read(spaced)).toBe(read({ "ca-bundle.crt": `${one}\n${two}` }));
  });
});
