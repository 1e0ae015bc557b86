import { describe, expect, test } from "vitest";
import { defaultSettings, readSettings } from "./settings.ts";

describe("settings of distributions", () => {
  test("without a ConfigMap every registry is asked over HTTPS and no secret is read", () => {
    expect(defaultSettings.accessOf("quay.io")).toEqual({});
    expect(readSettings({}).settings).toMatchObject({ imageOverrides: {}, usesPullSecrets: false });
    expect(readSettings({}).settings.accessOf("quay.io")).toEqual({});
  });

  test("say images, registries and whether pull secrets are read", () => {
    const { settings, problems } = readSettings({
      "image-overrides": "starter: registry.example/starter:1\n",
      registries: 'registry.example: {ca: PEM}\n"localhost:5000": {insecure: true}\nindex.docker.io:\n',
      "pull-secrets": "true\n",
      "expose-domain": "apps.example.com\n",
    });
    expect(problems).toEqual([]);
    expect(settings.imageOverrides).toEqual({ starter: "registry.example/starter:1" });
    expect(settings.usesPullSecrets).toBe(true);
    expect(settings.exposeDomain).toBe("apps.example.com");
    expect(settings.accessOf("registry.example")).toEqual({ ca: "PEM", isListed: true });
    expect(settings.accessOf("localhost:5000")).toEqual({ insecure: true, isListed: true });
    expect(settings.accessOf("docker.io")).toEqual({ isListed: true });
    expect(settings.accessOf("quay.io")).toBeUndefined();
  });

  test("a star stands for every registry that is not listed, and lists none", () => {
    const { settings } = readSettings({ registries: '"*": {ca: STAR}\nregistry.example: {ca: PEM}\n' });
    expect([settings.accessOf("quay.io"), settings.accessOf("registry.example")]).toEqual([
      { ca: "STAR" },
      { ca: "PEM", isListed: true },
    ]);
  });

  test("where a registry leads is reached as it is listed itself, or as every host", () => {
    const { settings } = readSettings({
      registries: "registry.example: {ca: PEM}\nblobs.example: {insecure: true}\n",
    });
    expect(settings.accessTo("blobs.example")).toEqual({ insecure: true, isListed: true });
    expect(settings.accessTo("elsewhere.example")).toEqual({});
    expect(defaultSettings.accessTo("elsewhere.example")).toEqual({});
  });

  test.each([
    {
      says: "an unknown name",
      data: { "image-overrides": "nope: x:1" },
      want: /override for "nope": available/,
    },
    {
      says: "what is no image",
      data: { "image-overrides": "starter: 'A B'" },
      want: /is no image reference/,
    },
    { says: "a number for an image", data: { "image-overrides": "starter: 7" }, want: /is not a text/ },
    { says: "a list", data: { "image-overrides": "- a" }, want: /^image-overrides: is not a mapping$/ },
    { says: "what is no YAML", data: { "image-overrides": "a: [" }, want: /^image-overrides: / },
    {
      says: "an unknown field of a registry",
      data: { registries: "a.example: {insceure: true}" },
      want: /takes ca/,
    },
    {
      says: "what is no domain",
      data: { "expose-domain": "*.apps.example.com" },
      want: /^expose-domain: "\*\.apps\.example\.com" is no domain: /,
    },
    {
      says: "a domain too long to stand behind a name",
      data: { "expose-domain": `${"a.".repeat(95)}a` },
      want: /must be no more than 189 characters$/,
    },
    { says: "a text for a yes or no", data: { "pull-secrets": "yes" }, want: /neither true nor false/ },
  ])("$says is reported", ({ data, want }) => {
    expect(readSettings(data as Record<string, string>).problems.join()).toMatch(want);
  });

  test("an entry that cannot be used leaves the others", () => {
    const { settings, problems } = readSettings({
      "image-overrides": "starter: registry.example/starter:1\nnope: x:1\n__proto__: 7\n",
    });
    expect(settings.imageOverrides["starter"]).toBe("registry.example/starter:1");
    expect(problems).toHaveLength(2);
  });

  test.each(["- a", "a.example: [", "a.example: 7"])(
    "registries that cannot be read, %j, are none",
    (registries) => {
      expect(readSettings({ registries }).settings.accessOf("a.example")).toBeUndefined();
    },
  );
});
