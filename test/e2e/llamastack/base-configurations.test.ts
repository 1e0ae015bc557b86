/** Base configurations out of images of real registries: how they are found, who may read them, what is remembered. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageBases } from "../../../admission/llamastack/bases/base-sources.ts";
import { readSettings } from "../../../admission/llamastack/bases/settings.ts";
import { notFound } from "../../../api/errors/catalogue.ts";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { Client } from "../../../cluster/client.ts";
import { registryClient } from "../../../cluster/registry/client.ts";
import { isRegistryError } from "../../../cluster/registry/error.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { encodeYaml } from "../../../machinery/yaml/encode.ts";
import { embeddedBase } from "../../../transformers/llamastack/distributions/registry.ts";
import { isFailure } from "../../../transformers/llamastack/config/result.ts";
import { renderLlamaStack } from "../../../transformers/llamastack/render/render.ts";
import type { Resolution } from "../../../transformers/llamastack/resolve.ts";
import { resolveDistribution } from "../../../transformers/llamastack/resolve.ts";
import { noPrograms } from "../../support/control-plane.ts";
import { eventually } from "../../support/kubectl.ts";
import { movableClock } from "../../support/movable-clock.ts";
import type { RegistryPlace } from "../../support/registry.ts";
import { registryPlace, TestRegistry } from "../../support/registry.ts";
import { TokenService } from "../../support/token-service.ts";

const reason = noPrograms(["registry"]);
const password = "test-pull";
/** A base that can be told from every other. */
const baseText = (name: string): string => {
  const base = embeddedBase("starter");
  if (base === undefined) throw new Error("there is no starter distribution");
  return encodeYaml({ ...base.config, distro_name: name });
};
const inline = (name: string) => ({
  "io.llamastack.config.base64": Buffer.from(baseText(name)).toString("base64"),
});

interface Setting {
  readonly distribution?: LlamaStackDistribution["spec"]["distribution"];
  readonly settings?: Readonly<Record<string, string>>;
  readonly credentials?: Readonly<Record<string, unknown>>;
  readonly status?: LlamaStackDistribution["status"];
}

// The limit for everything about one image is real.
const clock = movableClock(25_000);

/** Sources with the pull secret of a ServiceAccount, and the distribution that is asked for. */
function sources(distribution: LlamaStackDistribution["spec"]["distribution"], given: Setting = {}) {
  const objects: Record<string, object> = {
    "serviceaccounts/puller": { imagePullSecrets: [{ name: "gone" }, { name: "pull" }] },
    "secrets/pull": {
      type: "kubernetes.io/dockerconfigjson",
      data: {
        ".dockerconfigjson": Buffer.from(JSON.stringify({ auths: given.credentials ?? {} })).toString(
          "base64",
        ),
      },
    },
  };
  const client = {
    get: async ({ resource, group }: { resource: string; group: string }, { name }: { name: string }) => {
      const found = objects[`${resource}/${name}`];
      if (found === undefined) throw notFound({ group, resource }, name);
      return found;
    },
  } as unknown as Client;
  const { settings, problems } = readSettings(given.settings ?? {});
  expect(problems).toEqual([]);
  const object: LlamaStackDistribution = {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name: "stack", namespace: "team" },
    spec: {
      distribution,
      disabled: ["eval"],
      workload: { overrides: { serviceAccountName: "puller" } },
    },
    ...(given.status === undefined ? {} : { status: given.status }),
  };
  const openImage = registryClient({ clock, userAgent: "hawsepipe/test" });
  let tell: () => void = () => undefined;
  const failures: string[] = [];
  const bases = new ImageBases({
    client,
    clock,
    openImage,
    settings: () => settings,
    signal: new AbortController().signal,
    onRead: () => {
      tell();
    },
    onFailure: (_image, error) => {
      failures.push(isRegistryError(error) ? `${error.failure}: ${error.detail}` : String(error));
    },
  });
  /** What is known once everything has been asked that is awaited. */
  const resolve = async (distribution: LlamaStackDistribution): Promise<Resolution> => {
    for (;;) {
      const isRead = new Promise<void>((done) => {
        tell = done;
      });
      const resolution = bases.resolve(distribution);
      if (resolution.awaited === undefined) return resolution;
      await isRead;
    }
  };
  return { bases, object, failures, resolve };
}

/** The base that was found: its name and where it comes from, or why there is none. */
function outcome(
  { object }: ReturnType<typeof sources>,
  resolution: ReturnType<ImageBases["known"]>,
): string {
  const resolved = resolveDistribution(object.spec, resolution);
  if (!isFailure(resolved)) {
    return `${resolved.configSource} ${JSON.stringify(resolved.base.config["distro_name"])}`;
  }
  return `${resolved.reason}${resolved.isUndecided === true ? " for now" : ""}: ${resolved.errors[0]?.detail ?? ""}`;
}

async function found(given: ReturnType<typeof sources>): Promise<string> {
  return outcome(given, await given.resolve(given.object));
}

describe.skipIf(reason !== undefined)("a registry with an authority of its own", () => {
  let place: RegistryPlace;
  let registry: TestRegistry;
  const trusting = (more: Readonly<Record<string, string>> = {}) => ({
    registries: JSON.stringify({ [registry.host]: { ca: registry.ca } }),
    ...more,
  });
  const image = (name: string): { image: string } => ({ image: `${registry.host}/${name}` });
  beforeAll(async () => {
    place = await registryPlace();
    registry = await TestRegistry.start(place);
  });
  afterAll(() => registry.stop());

  test.each(["gzip", "zstd", "nothing"] as const)(
    "a layer packed with %s holds the base as a file",
    async (packedWith) => {
      const files = {
        "opt/other": "x".repeat(100_000),
        "opt/llama/config.yaml": baseText(`file-${packedWith}`),
      };
      for (const [tag, by] of [
        ["packed", "digest"],
        ["unpacked", "diffId"],
      ] as const) {
        await registry.push({
          repository: "team/layered",
          tag: `${tag}-${packedWith}`,
          packedWith,
          files,
          labels: (layer) => ({
            "io.llamastack.config.layer": layer[by],
            "io.llamastack.config.path": "/opt/llama/config.yaml",
          }),
        });
        const given = sources(image(`team/layered:${tag}-${packedWith}`), { settings: trusting() });
        expect(await found(given)).toBe(`oci-label "file-${packedWith}"`);
      }
    },
  );

  test("of an index the image for Linux is read, and a digest is as good as a tag", async () => {
    const at = { repository: "team/several" };
    const windows = await registry.push({ ...at, tag: "windows", labels: inline("windows") });
    const linux = await registry.push({ ...at, tag: "linux", labels: inline("linux") });
    const digest = await registry.pushIndex({ ...at, tag: "all" }, [
      { digest: windows.digest, os: "windows", architecture: "amd64" },
      { digest: linux.digest, os: "linux", architecture: "arm64" },
    ]);
    for (const name of ["team/several:all", `team/several@${digest}`]) {
      expect(await found(sources(image(name), { settings: trusting() }))).toBe('oci-label "linux"');
    }
  });

  test("labels of an override beat what is built in; without labels that holds", async () => {
    await registry.push({ repository: "mirror/starter", tag: "own", labels: inline("labelled") });
    await registry.push({ repository: "mirror/starter", tag: "plain" });
    for (const [tag, want] of [
      ["own", 'oci-label "labelled"'],
      ["plain", 'embedded "starter"'],
    ] as const) {
      const overrides = { "image-overrides": `starter: ${registry.host}/mirror/starter:${tag}` };
      const given = sources({ name: "starter" }, { settings: trusting(overrides) });
      expect(await found(given)).toBe(want);
    }
  });

  test("an image without labels needs a configuration, and the answer says which ways there are", async () => {
    await registry.push({ repository: "team/plain", tag: "1" });
    const said = await found(sources(image("team/plain:1"), { settings: trusting() }));
    expect(said).toMatch(
      /^BaseConfigRequired: .* carries no base configuration .*spec\.overrideConfig.*io\.llamastack\.config/,
    );
  });

  test.each([
    {
      says: "no base64",
      labels: { "io.llamastack.config.base64": "%%%" },
      want: "label io.llamastack.config.base64 is not base64",
    },
    {
      says: "another version",
      labels: { "io.llamastack.config.base64": Buffer.from("version: 3\n").toString("base64") },
      want: "UnsupportedConfigVersion: Unsupported config.yaml version 3",
    },
    {
      says: "more than a label holds",
      labels: { "io.llamastack.config.base64": Buffer.alloc(60_000, "a").toString("base64") },
      want: "holds more than 51200 bytes",
    },
    {
      says: "a layer without a path",
      labels: { "io.llamastack.config.layer": `sha256:${"0".repeat(64)}` },
      want: "without io.llamastack.config.path",
    },
    {
      says: "a layer of another image",
      labels: {
        "io.llamastack.config.layer": `sha256:${"0".repeat(64)}`,
        "io.llamastack.config.path": "config.yaml",
      },
      want: "names none of its layers",
    },
  ])("labels with $says are an error, not a fallback", async ({ says, labels, want }) => {
    const repository = `broken/${says.replaceAll(" ", "-")}`;
    await registry.push({ repository, tag: "1", labels });
    const overrides = { "image-overrides": `starter: ${registry.host}/${repository}:1` };
    expect(await found(sources({ name: "starter" }, { settings: trusting(overrides) }))).toContain(want);
  });

  test("one digest is read once, whatever it is called and however often it is asked for", async () => {
    const { digest } = await registry.push({ repository: "team/cached", tag: "a", labels: inline("cached") });
    await registry.push({ repository: "team/cached", tag: "b", labels: inline("cached") });
    const before = registry.requests().length;
    const given = sources(image("team/cached:a"), { settings: trusting() });
    for (let i = 0; i < 20; i++) expect(await found(given)).toBe('oci-label "cached"');
    await Promise.all(Array.from({ length: 20 }, () => found(given)));
    const named = {
      ...given,
      object: { ...given.object, spec: { ...given.object.spec, distribution: image("team/cached:b") } },
    };
    expect(await found(named)).toBe('oci-label "cached"');
    const asked = registry.requests().slice(before);
    expect(asked.filter((line) => line.includes("/blobs/"))).toHaveLength(1);
    expect(asked.filter((line) => line.startsWith("HEAD"))).toEqual([
      "HEAD /v2/team/cached/manifests/a",
      "HEAD /v2/team/cached/manifests/b",
    ]);
    expect(asked.filter((line) => line.startsWith("GET /v2/team/cached/manifests"))).toEqual([
      `GET /v2/team/cached/manifests/${digest}`,
    ]);
  });

  test("a tag that moves is noticed after some minutes; admission is told without anybody asking", async () => {
    const at = { repository: "team/moving", tag: "latest" };
    await registry.push({ ...at, labels: inline("first") });
    const given = sources(image("team/moving:latest"), { settings: trusting() });
    const known = (): string => outcome(given, given.bases.known(given.object));
    expect(known()).toContain("BaseConfigRequired for now");
    expect(await found(given)).toBe('oci-label "first"');
    await registry.push({ ...at, labels: inline("second") });
    expect(await found(given)).toBe('oci-label "first"');
    clock.advance(301);
    expect(known()).toBe('oci-label "first"');
    // The answer of before holds until there is another.
    expect(await found(given)).toBe('oci-label "first"');
    await eventually("the tag's new image", async () => known().includes("second") || undefined);
    expect(known()).toBe('oci-label "second"');
  });

  test("without its authority, and over plain HTTP, it is not believed", async () => {
    await registry.push({ repository: "team/own", tag: "1", labels: inline("own") });
    const asked = registry.requests().length;
    const untrusting = sources(image("team/own:1"), { settings: { registries: `"${registry.host}":\n` } });
    expect(await found(untrusting)).toMatch(/^BaseConfigRequired for now: .*cannot be reached;/);
    expect(untrusting.failures).toEqual([expect.stringMatching(/^unreachable: .*LEAF_SIGNATURE$/)]);
    const plain = { registries: JSON.stringify({ [registry.host]: { insecure: true } }) };
    expect(await found(sources(image("team/own:1"), { settings: plain }))).toContain(
      "BaseConfigRequired for now",
    );
    expect(
      registry
        .requests()
        .slice(asked)
        .filter((line) => line.includes("team/own")),
    ).toEqual([]);
  });

  test("a registry that is not listed is not asked", async () => {
    const settings = { registries: "registry.example:\n" };
    const asked = registry.requests().length;
    expect(await found(sources(image("team/own:1"), { settings }))).toMatch(
      /^BaseConfigRequired: .*is not one of those that are asked/,
    );
    expect(registry.requests()).toHaveLength(asked);
  });

  test("an image it does not know is told by name", async () => {
    expect(await found(sources(image("team/absent:1"), { settings: trusting() }))).toMatch(
      /BaseConfigRequired for now: .*team\/absent:1: the registry does not know it/,
    );
  });
});

describe.skipIf(reason !== undefined)("external providers", () => {
  let registry: TestRegistry;
  const settings = () => ({ registries: JSON.stringify({ [registry.host]: { ca: registry.ca } }) });
  const packageText = (api: string) =>
    `kind: ProviderPackage
metadata: { name: house, version: 1.0.0, vendor: test }
spec: { api: ${api}, providerType: "remote::house", packageName: house, wheelPath: packages/house-1.0.0-py3-none-any.whl }
`;
  const withProvider = (tag: string) => {
    const given = sources({ name: "starter" }, { settings: settings() });
    const image = `${registry.host}/providers/house:${tag}`;
    const externalProviders = { inference: [{ providerId: "house", image, config: { level: 2 } }] };
    return { ...given, object: { ...given.object, spec: { ...given.object.spec, externalProviders } } };
  };
  beforeAll(async () => {
    registry = await TestRegistry.start(await registryPlace());
  });
  afterAll(() => registry.stop());

  test("are what their images say: in the configuration, and installed before the server starts", async () => {
    await registry.push({
      repository: "providers/house",
      tag: "1",
      files: { "lls-provider/lls-provider-spec.yaml": packageText("inference") },
    });
    const { bases, object, resolve } = withProvider("1");
    const before = renderLlamaStack(object, { resolution: bases.known(object) });
    expect(isFailure(before) && before.isUndecided).toBe(true);
    const rendered = renderLlamaStack(object, { resolution: await resolve(object) });
    if (isFailure(rendered)) throw new Error(JSON.stringify(rendered));
    const config = decodeYaml(rendered.generated?.yaml ?? "").value as JsonObject;
    expect(getPath(config, "providers", "inference")).toContainEqual({
      provider_id: "house",
      provider_type: "remote::house",
      module: "house",
      config: { level: 2 },
    });
    const deployment = asJson(rendered.resources.find(({ kind }) => kind === "Deployment") as KubeObject);
    const pod = getPath(deployment, "spec", "template", "spec") as JsonObject;
    expect(pod["initContainers"]).toEqual([
      expect.objectContaining({
        name: "install-provider-house",
        image: `${registry.host}/providers/house:1`,
        imagePullPolicy: "IfNotPresent",
        command: expect.arrayContaining([
          "--no-index",
          "/lls-provider/packages/house-1.0.0-py3-none-any.whl",
        ]) as unknown,
      }),
    ]);
    const [server] = pod["containers"] as JsonObject[];
    const path = { name: "PYTHONPATH", value: "/external-providers/python-packages" };
    expect(server?.["env"]).toContainEqual(path);
  });

  test.each([
    { tag: "other", api: "safety", want: "move it to spec.externalProviders.safety" },
    { tag: "empty", api: undefined, want: "holds no file /lls-provider/lls-provider-spec.yaml" },
  ])("of an image that is $tag are refused, with what to do", async ({ tag, api, want }) => {
    const files = { "lls-provider/lls-provider-spec.yaml": packageText(api ?? "") };
    await registry.push({ repository: "providers/house", tag, ...(api === undefined ? {} : { files }) });
    const { object, resolve } = withProvider(tag);
    const rendered = renderLlamaStack(object, { resolution: await resolve(object) });
    expect(isFailure(rendered) ? rendered.errors[0]?.detail : "rendered").toContain(want);
    expect(isFailure(rendered) ? rendered.isUndecided : true).toBeUndefined();
  });
});

describe.skipIf(reason !== undefined)("a registry over plain HTTP", () => {
  test("is asked where it is configured so, and what it gave stays while it is away", async () => {
    const registry = await TestRegistry.start(await registryPlace(), { insecure: true });
    const name = `${registry.host}/team/stack:1`;
    const settings = { registries: JSON.stringify({ [registry.host]: { insecure: true } }) };
    await registry.push({ repository: "team/stack", tag: "1", labels: inline("kept") });
    const given = sources({ image: name }, { settings });
    expect(await found(given)).toBe('oci-label "kept"');
    await registry.stop();
    clock.advance(301);
    expect(await found(given)).toBe('oci-label "kept"');
    await eventually("the registry to be missed", async () => given.failures.length > 0 || undefined);
    expect(await found(given)).toBe('oci-label "kept"');

    // A process that has never read it must not put something else in its place.
    const overrides = { ...settings, "image-overrides": `starter: ${name}` };
    const resolvedDistribution = { image: name, configSource: "oci-label" as const };
    const status = { resolvedDistribution };
    expect(await found(sources({ name: "starter" }, { settings: overrides, status }))).toMatch(
      /^ConfigGenerationFailed for now: .*cannot be read again.*cannot be reached$/,
    );
    expect(await found(sources({ name: "starter" }, { settings: overrides }))).toBe('embedded "starter"');
  });
});

const refused = /^BaseConfigRequired for now: .*the registry refuses access/;

describe.skipIf(reason !== undefined).each(["basic", "token"] as const)(
  "a private registry with %s authentication",
  (kind) => {
    let registry: TestRegistry;
    let tokens: TokenService;
    const name = (): { image: string } => ({ image: `${registry.host}/private/stack:1` });
    const given = (user: string, secret: string, more: Readonly<Record<string, string>> = {}): Setting => ({
      settings: {
        registries: JSON.stringify({
          [registry.host]: { ca: registry.ca },
          [tokens.host]: { ca: registry.ca },
        }),
        ...more,
      },
      credentials: {
        "registry.example": { username: "other", password: "other" },
        [`https://${registry.host}/v2/`]: { auth: Buffer.from(`${user}:${secret}`).toString("base64") },
      },
    });
    const allowed = { "pull-secrets": "true" };
    beforeAll(async () => {
      const place = await registryPlace();
      tokens = new TokenService(place.serving, { name: "puller", password });
      await tokens.listen();
      const users = path.join(place.directory, "users");
      // The password above, hashed with bcrypt.
      writeFileSync(users, "puller:$2a$04$BPI74Wq4qfrG8yV2hzRT4ec/GdR8HIf684GhvzFHzzhpT.imIBQ/e\n");
      const basic = `Basic ${Buffer.from(`puller:${password}`).toString("base64")}`;
      registry = await TestRegistry.start(place, {
        config: {
          auth:
            kind === "basic"
              ? { htpasswd: { realm: "test", path: users } }
              : tokens.auth(path.join(place.directory, "keys.json")),
        },
        authorization: (repository) => (kind === "basic" ? basic : tokens.allow(repository)),
      });
      await registry.push({ repository: "private/stack", tag: "1", labels: inline("private") });
    });
    afterAll(async () => {
      await registry.stop();
      await tokens.close();
    });

    test("is read with the pull secret of the ServiceAccount", async () => {
      const asked = tokens.asked.length;
      expect(await found(sources(name(), given("puller", password, allowed)))).toBe('oci-label "private"');
      const scope = "puller test-registry repository:private/stack:pull";
      expect(tokens.asked.slice(asked)).toEqual(kind === "token" ? [scope] : []);
    });

    test("refuses without pull secrets, which are read only where that is allowed", async () => {
      expect(await found(sources(name(), given("puller", password)))).toMatch(refused);
      expect(await found(sources(name(), given("puller", password)))).toContain("without credentials");
    });

    test("refuses a wrong password, and the answer shows none", async () => {
      const said = await found(sources(name(), given("puller", "hunter2-wrong", allowed)));
      expect(said).toMatch(refused);
      expect(said).not.toMatch(/hunter2|puller/);
    });

    test("what one account has read is not told to another", async () => {
      const own = sources(name(), given("puller", password, allowed));
      expect(await found(own)).toBe('oci-label "private"');
      const { spec } = own.object;
      const object = {
        ...own.object,
        spec: { ...spec, workload: { overrides: { serviceAccountName: "nobody" } } },
      };
      const other = { ...own, object };
      expect(outcome(other, own.bases.known(object))).toContain("for now");
      expect(await found(other)).toMatch(refused);
    });
  },
);
