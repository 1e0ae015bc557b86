import { describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { ImageReader, OpenImage, ReadOptions } from "../../../cluster/registry/client.ts";
import type { RegistryFailure } from "../../../cluster/registry/error.ts";
import { RegistryError } from "../../../cluster/registry/error.ts";
import { printReference } from "../../../cluster/registry/reference.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { Resolution } from "../../../transformers/llamastack/resolve.ts";
import { ImageBases } from "./base-sources.ts";
import type { DistributionSettings } from "./settings.ts";
import { readSettings } from "./settings.ts";

const digest = `sha256:${"a".repeat(64)}`;
const baseText = (name: string): string =>
  `version: 2\ndistro_name: ${name}\nproviders: {}\nstorage: {backends: {}}\n`;

/** An image that answers at once with a base of that name. */
const imageWith = (name: string): ImageReader => ({
  digest: async () => digest,
  facts: async () => ({
    labels: { "io.llamastack.config.base64": Buffer.from(baseText(name)).toString("base64") },
    layers: [],
  }),
  layerFile: async () => undefined,
});
const failing = (failure: RegistryFailure) => (asked: ReadOptions) =>
  Promise.reject(new RegistryError(failure, { image: printReference(asked.reference), detail: "test" }));

/** How registries behave, by host: what they answer, and never for those that are not there. */
type Registries = Record<string, ImageReader | ((asked: ReadOptions) => Promise<never>)>;

function bases(registries: Registries, data: Readonly<Record<string, string>> = {}) {
  const clock = fakeClock();
  const asked: string[] = [];
  const told: string[] = [];
  const failures: string[] = [];
  let settings: DistributionSettings = readSettings(data).settings;
  /** Like the client: five seconds for a connection, or less where the turn is over. */
  const nothing = (options: ReadOptions): Promise<never> =>
    new Promise((_resolve, reject) => {
      const end = (): void => {
        failing("unreachable")(options).catch(reject);
      };
      clock.setTimeout(end, 5_000);
      options.signal?.addEventListener("abort", end);
    });
  const openImage: OpenImage = async (options, read) => {
    const name = printReference(options.reference);
    asked.push(name);
    const registry = registries[options.reference.registry] ?? nothing;
    return typeof registry === "function" ? registry(options) : read(registry);
  };
  const sources = new ImageBases({
    client: {
      get: () => Promise.reject(new Error("the API is away")),
    } as unknown as Client,
    clock,
    openImage,
    settings: () => settings,
    signal: new AbortController().signal,
    onRead: (namespace, name) => told.push(`${namespace}/${name}`),
    onFailure: (image, error) => failures.push(`${image}: ${String(error)}`),
  });
  return {
    clock,
    asked,
    told,
    failures,
    sources,
    set: (next: Readonly<Record<string, string>>): void => {
      settings = readSettings(next).settings;
    },
  };
}

function stack(
  image: string,
  { namespace = "team", name = "s", providers = [] as readonly string[] } = {},
): LlamaStackDistribution {
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name, namespace },
    spec: {
      distribution: { image },
      disabled: ["eval"],
      externalProviders: {
        inference: providers.map((each, i) => ({ providerId: `p${String(i)}`, image: each })),
      },
    },
  };
}

const summary = ({ awaited, labelled, unread }: Resolution): unknown =>
  awaited ?? labelled?.config["distro_name"] ?? unread?.detail;

describe("nobody waits for a registry", () => {
  test("what is not known is awaited, asked for in the background, and told once", async () => {
    const { clock, asked, told, sources } = bases({ "a.example": imageWith("one") });
    const object = stack("a.example/x:1");
    expect(summary(sources.resolve(object))).toEqual(["a.example/x:1"]);
    expect(summary(sources.known(object))).toBe("its registry has not been asked yet");
    await clock.advance(0);
    expect(told).toEqual(["team/s"]);
    expect(summary(sources.resolve(object))).toBe("one");
    await clock.advance(0);
    expect([asked.length, told.length]).toEqual([1, 1]);
  });

  test("what is known holds while it is asked for again, and the same again is no news", async () => {
    const registries: Registries = { "a.example": imageWith("one") };
    const { clock, asked, told, sources } = bases(registries);
    const object = stack("a.example/x:1");
    sources.resolve(object);
    await clock.advance(0);
    await clock.advance(301_000);
    expect(summary(sources.resolve(object))).toBe("one");
    await clock.advance(0);
    expect([asked.length, told.length]).toEqual([2, 1]);
    registries["a.example"] = failing("unauthorized");
    await clock.advance(301_000);
    expect(summary(sources.resolve(object))).toBe("one");
    await clock.advance(0);
    expect(told).toHaveLength(2);
    expect(summary(sources.resolve(object))).toBe("image a.example/x:1: the registry refuses access");
  });

  test("what is forgotten while it is being read is asked for anew", async () => {
    const registries: Registries = {};
    const { clock, told, sources, set } = bases(registries);
    const object = stack("a.example/x:1");
    sources.resolve(object);
    set({ registries: "a.example:\n" });
    registries["a.example"] = imageWith("one");
    expect(summary(sources.resolve(object))).toEqual(["a.example/x:1"]);
    await clock.advance(6_000);
    expect(told.length).toBeGreaterThan(0);
    expect(summary(sources.resolve(object))).toBe("one");
  });

  test("pull secrets that cannot be read are a failure, not a wait without end", async () => {
    const { clock, failures, sources } = bases({ "a.example": imageWith("one") }, { "pull-secrets": "true" });
    const object = stack("a.example/x:1");
    sources.resolve(object);
    await clock.advance(0);
    expect(summary(sources.resolve(object))).toBe("image a.example/x:1: it could not be asked for");
    expect(failures).toEqual(["a.example/x:1: Error: the API is away"]);
  });
});

describe("one tenant does not keep others waiting", () => {
  const manyHosts = Array.from({ length: 250 }, (_, i) => `h${String(i)}.example/x:1`);

  test("who names hundreds of hosts that do not answer has one turn at a time", async () => {
    const { clock, asked, told, sources } = bases({ "good.example": imageWith("good") });
    for (let i = 0; i < 10; i += 1) {
      const name = `s${String(i)}`;
      expect(
        sources.resolve(stack("bad.example/x:1", { namespace: "evil", name, providers: manyHosts })).awaited,
      ).toHaveLength(251);
    }
    const good = stack("good.example/x:1", { namespace: "good" });
    sources.resolve(good);
    await clock.advance(0);
    expect(told).toEqual(["good/s"]);
    expect(summary(sources.resolve(good))).toBe("good");
    // Of all the others two images are being asked for.
    expect(asked).toHaveLength(3);
  });

  test("a turn ends after half a minute, and the next goes on with what is left", async () => {
    const { clock, asked, told, sources } = bases({});
    const object = stack("bad.example/x:1", { providers: manyHosts });
    sources.resolve(object);
    await clock.advance(0);
    await clock.advance(30_000);
    expect(told).toEqual(["team/s"]);
    const first = new Set(asked);
    expect(first.size).toBe(asked.length);
    expect(asked.length).toBeLessThan(20);
    sources.resolve(object);
    await clock.advance(10_000);
    expect(asked.slice(first.size).some((image) => first.has(image))).toBe(false);
  });

  test("a host that does not answer is not asked for its other images, for longer each time", async () => {
    const { clock, asked, sources } = bases({});
    const providers = Array.from({ length: 50 }, (_, i) => `bad.example/p${String(i)}:1`);
    const object = stack("bad.example/x:1", { providers });
    const asks: number[] = [];
    for (let minute = 0; minute < 20; minute += 1) {
      const before = asked.length;
      const resolution = sources.resolve(object);
      if (minute > 0) expect(resolution.awaited).toBeUndefined();
      await clock.advance(0);
      await clock.advance(60_000);
      asks.push(asked.length - before);
    }
    expect(asks.slice(0, 8)).toEqual([2, 2, 0, 2, 0, 0, 2, 0]);
    expect(asked.length).toBeLessThan(14);
    const detail = "image bad.example/p7:1: the registry cannot be reached";
    expect(sources.known(object).external?.problems.get("bad.example/p7:1")).toEqual({
      detail,
      isTemporary: true,
    });
  });

  test("what does not answer one namespace is asked for another", async () => {
    const registries: Registries = { "a.example": failing("unreachable") };
    const { clock, sources } = bases(registries);
    sources.resolve(stack("a.example/x:1", { namespace: "one" }));
    await clock.advance(0);
    registries["a.example"] = imageWith("there");
    const other = stack("a.example/x:1", { namespace: "two" });
    sources.resolve(other);
    await clock.advance(0);
    expect(summary(sources.resolve(other))).toBe("there");
  });

  test("an image that its registry does not know speaks against no other of that registry", async () => {
    const registries: Registries = { "a.example": failing("not-found") };
    const { clock, sources } = bases(registries);
    sources.resolve(stack("a.example/absent:1"));
    await clock.advance(0);
    registries["a.example"] = imageWith("there");
    const other = stack("a.example/x:1", { name: "other" });
    sources.resolve(other);
    await clock.advance(0);
    expect(summary(sources.resolve(other))).toBe("there");
  });
});

describe("whoever waits is told", () => {
  test("what was found out on behalf of another with the same account", async () => {
    const { clock, told, sources } = bases({ "a.example": imageWith("one") });
    const stacks = ["s", "t"].map((name) => {
      const object = stack("a.example/x:1", { name });
      return {
        ...object,
        spec: { ...object.spec, workload: { overrides: { serviceAccountName: "shared" } } },
      };
    });
    for (const each of stacks) expect(summary(sources.resolve(each))).toEqual(["a.example/x:1"]);
    await clock.advance(0);
    expect(told).toEqual(["team/s", "team/t"]);
  });

  test("that a registry is down, which another has found out", async () => {
    const { clock, told, sources } = bases({ "a.example": failing("unreachable") });
    for (const name of ["s", "t"]) sources.resolve(stack(`a.example/${name}:1`, { name }));
    await clock.advance(0);
    expect(told).toEqual(["team/s", "team/t"]);
  });

  test("of the image it has now, also when it had another a moment ago", async () => {
    const registries: Registries = { "a.example": imageWith("one"), "b.example": imageWith("two") };
    const { clock, told, sources } = bases(registries);
    sources.resolve(stack("a.example/x:1"));
    await clock.advance(0);
    await clock.advance(301_000);
    // The tag is looked at again while the image is changed.
    sources.resolve(stack("a.example/x:1"));
    const changed = stack("b.example/y:1");
    expect(summary(sources.resolve(changed))).toEqual(["b.example/y:1"]);
    await clock.advance(0);
    expect(told).toEqual(["team/s", "team/s"]);
    expect(summary(sources.resolve(changed))).toBe("two");
  });

  test("of a base with integers JSON.stringify does not take", async () => {
    const text = `${baseText("big")}number: 9223372036854775807\n`;
    const image: ImageReader = {
      ...imageWith("big"),
      facts: async () => ({
        labels: { "io.llamastack.config.base64": Buffer.from(text).toString("base64") },
        layers: [],
      }),
    };
    const { clock, failures, sources } = bases({ "a.example": image });
    sources.resolve(stack("a.example/x:1"));
    await clock.advance(0);
    expect(failures).toEqual([]);
    expect(sources.known(stack("a.example/x:1")).labelled?.config["number"]).toBe(9223372036854775807n);
  });
});

test("a turn that is over speaks against no host", async () => {
  // The third image is asked for in the last of the thirty seconds.
  const registries: Registries = {};
  const { clock, asked, sources } = bases(registries);
  const slow = Array.from({ length: 12 }, (_, i) => `h${String(i)}.example/x:1`);
  sources.resolve(stack("good.example/y:1", { name: "busy", providers: slow }));
  await clock.advance(29_999);
  const last = asked.slice(-2).map((image) => image.split("/")[0] ?? "");
  await clock.advance(1);
  for (const host of last) registries[host] = imageWith("there");
  for (const [i, host] of last.entries()) {
    const other = stack(`${host}/other:1`, { name: `o${String(i)}` });
    sources.resolve(other);
    await clock.advance(0);
    expect(summary(sources.resolve(other))).toBe("there");
  }
});

describe("who knows a digest", () => {
  test("and has a registry of his own is told what that holds, not another's image", async () => {
    const { clock, sources } = bases({
      "private.example": imageWith("secret"),
      "evil.example": imageWith("own"),
    });
    sources.resolve(stack(`private.example/x@${digest}`, { namespace: "one" }));
    await clock.advance(0);
    const evil = stack(`evil.example/x@${digest}`, { namespace: "two" });
    sources.resolve(evil);
    await clock.advance(0);
    expect(summary(sources.resolve(evil))).toBe("own");
  });

  test("and may not read the repository is told nothing, however well it is known", async () => {
    const registries: Registries = { "private.example": imageWith("secret") };
    const { clock, sources } = bases(registries);
    sources.resolve(stack(`private.example/x@${digest}`, { namespace: "one" }));
    await clock.advance(0);
    registries["private.example"] = failing("unauthorized");
    const other = stack(`private.example/x@${digest}`, { namespace: "two" });
    expect(summary(sources.resolve(other))).toEqual([`private.example/x@${digest}`]);
    await clock.advance(0);
    expect(summary(sources.resolve(other))).toBe(
      `image private.example/x@${digest}: the registry refuses access`,
    );
  });
});
