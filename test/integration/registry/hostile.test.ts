/** What registries may do to whoever asks them, and what they may have him do. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RegistryClientOptions } from "../../../cluster/registry/client.ts";
import { registryClient } from "../../../cluster/registry/client.ts";
import { isRegistryError } from "../../../cluster/registry/error.ts";
import type { RegistryAccess } from "../../../cluster/registry/hosts.ts";
import { Hosts } from "../../../cluster/registry/hosts.ts";
import { parseImageReference } from "../../../cluster/registry/reference.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { realClock } from "../../../machinery/clock.ts";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { Pki } from "../../../server/authn/pki.ts";
import type { HostileRegistry } from "../../support/hostile-registry.ts";
import { hostileRegistry, listen, manifestType, place, sha256 } from "../../support/hostile-registry.ts";

const clock = realClock();
const credential = { username: "puller", password: "pull-canary" };
const shown = `Basic ${Buffer.from("puller:pull-canary").toString("base64")}`;
const file = "etc/wanted";
let directory: string;
let ca: string;
let tls: KeyPair;
let own: HostileRegistry;
let other: HostileRegistry;
let plain: HostileRegistry;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "hostile-"));
  const pki = await Pki.open({ directory, clock, servingNames: ["127.0.0.1", "own.test"] });
  ca = pki.ca.cert;
  tls = await pki.serving();
  [own, other, plain] = await Promise.all([hostileRegistry(tls), hostileRegistry(tls), hostileRegistry()]);
});
beforeEach(() => {
  for (const { answers, requests } of [own, other, plain]) {
    answers.clear();
    requests.length = 0;
  }
});
afterAll(async () => {
  await Promise.all([own, other, plain].map((registry) => registry.close()));
  rmSync(directory, { recursive: true });
});

type Listed = Readonly<Record<string, RegistryAccess>>;

interface Asked extends Partial<RegistryClientOptions> {
  /** Beside the registry itself. */
  readonly listed?: Listed;
  readonly credentials?: readonly (typeof credential)[];
}

const accessTo =
  (listed: Listed) =>
  (host: string): RegistryAccess =>
    listed[host] === undefined ? {} : { ...listed[host], isListed: true };

/** What comes of reading an image whole: "read", or the failure with its message and its detail. */
async function reading(
  image: string,
  { listed = {}, credentials = [], ...more }: Asked = {},
): Promise<{ readonly outcome: string; readonly message: string; readonly detail: string }> {
  const reference = parseImageReference(image);
  if (reference === undefined) throw new Error(image);
  const open = registryClient({ clock, userAgent: "hawsepipe/test", timeoutMs: 60_000, ...more });
  try {
    await open(
      { reference, accessTo: accessTo({ [own.host]: { ca }, ...listed }), credentials },
      async (reader) => {
        const { layers } = await reader.facts(await reader.digest());
        for (const layer of layers) await reader.layerFile(layer, file, 1024);
      },
    );
    return { outcome: "read", message: "", detail: "" };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { outcome: error.failure, message: error.message, detail: error.detail };
  }
}

const redirect = (location: string) => ({ status: 307, headers: { location } });
const bearer = (realm: string) => ({
  status: 401,
  headers: { "www-authenticate": `Bearer realm="${realm}",service="s"` },
});

test("an image that is as it should be is read", async () => {
  expect(await reading(place(own).name)).toMatchObject({ outcome: "read" });
});

describe("a redirect", () => {
  test("to a host that is listed is followed, and takes no credential there", async () => {
    const { name, manifest, layers } = place(own);
    const [layer = ""] = layers;
    const content = own.answers.get(layer);
    if (content === undefined) throw new Error("no layer");
    own.answers.set(layer, redirect(`https://${other.host}/stored`));
    own.answers.set("/v2/team/x/manifests/1", (request, response) => {
      const isKnown = request.headers.authorization === shown;
      const headers = isKnown ? { location: manifest } : { "www-authenticate": "Basic realm=x" };
      response.writeHead(isKnown ? 307 : 401, headers);
      response.end();
    });
    other.answers.set("/stored", content);
    const listed = { [other.host]: { ca } };
    expect(await reading(name, { listed, credentials: [credential] })).toMatchObject({ outcome: "read" });
    expect(own.requests.at(-1)).toContain(shown);
    expect(other.requests).toEqual(["GET /stored"]);
  });

  test.each<{ says: string; to: () => string; listed?: () => Listed }>([
    { says: "a host that is not public", to: () => `https://${other.host}/stored` },
    {
      says: "its own host at another port",
      to: () => `https://${own.host.replace(/\d+$/, other.host.split(":")[1] ?? "")}/`,
    },
    {
      says: "a name of this machine in numbers",
      to: () => `https://2130706433:${other.host.split(":")[1] ?? ""}/`,
    },
    {
      says: "an IPv6 address that holds that of this machine",
      to: () => `https://[::ffff:127.0.0.1]:${other.host.split(":")[1] ?? ""}/`,
    },
    { says: "plain HTTP", to: () => `http://${plain.host}/stored` },
    {
      says: "plain HTTP at a host that is listed for HTTPS",
      to: () => `http://${plain.host}/stored`,
      listed: () => ({ [plain.host]: {} }),
    },
    { says: "no web server at all", to: () => "file:///etc/passwd" },
    {
      says: "a user",
      to: () => `https://user:word@${other.host}/`,
      listed: () => ({ [other.host]: { ca } }),
    },
  ])("to $says is refused, and nobody is asked there", async ({ to, listed }) => {
    const { name, config } = place(own);
    own.answers.set(config, redirect(to()));
    const found = await reading(name, { listed: listed?.() ?? {} });
    expect(found.outcome).toBe("refused");
    expect([other.requests, plain.requests]).toEqual([[], []]);
  });

  test("to plain HTTP is followed where that host is listed so", async () => {
    const { name, config } = place(own);
    const content = own.answers.get(config);
    if (content === undefined) throw new Error("no configuration");
    own.answers.set(config, redirect(`http://${plain.host}/stored`));
    plain.answers.set("/stored", content);
    expect(await reading(name, { listed: { [plain.host]: { insecure: true } } })).toMatchObject({
      outcome: "read",
    });
  });

  test.each([
    ["to itself", () => `https://${own.host}/v2/team/x/manifests/1`],
    ["to no URL", () => "https://["],
  ])("%s ends soon", async (_says, to) => {
    own.answers.set("/v2/team/x/manifests/1", redirect(to()));
    expect(await reading(`${own.host}/team/x:1`)).toMatchObject({ outcome: "malformed" });
    expect(own.requests.length).toBeLessThan(7);
  });
});

describe("credentials", () => {
  test("are not shown to whoever a redirect leads to and asks for them", async () => {
    own.answers.set("/v2/team/x/manifests/1", redirect(`https://${other.host}/wants`));
    other.answers.set("/wants", bearer(`https://${other.host}/token`));
    const listed = { [other.host]: { ca } };
    const found = await reading(`${own.host}/team/x:1`, { listed, credentials: [credential] });
    expect(found.outcome).toBe("unauthorized");
    expect(other.requests).toEqual(["HEAD /wants"]);
  });

  test("go to the token service the registry names, and its token to the registry alone", async () => {
    const { name, config } = place(own);
    const manifest = own.answers.get("/v2/team/x/manifests/1");
    own.answers.set("/v2/team/x/manifests/1", (request, response) => {
      const isKnown = request.headers.authorization === "Bearer given";
      const answer = bearer(`https://${other.host}/token`);
      response.writeHead(isKnown ? 200 : 401, {
        ...(isKnown ? { "docker-content-digest": sha256(manifest as Buffer) } : answer.headers),
      });
      response.end();
    });
    own.answers.set(config, redirect(`https://${other.host}/stored`));
    other.answers.set("/stored", { status: 404 });
    other.answers.set("/token", { status: 200, body: JSON.stringify({ token: "given" }) });
    const listed = { [other.host]: { ca } };
    expect(await reading(name, { listed, credentials: [credential] })).toMatchObject({
      outcome: "not-found",
    });
    expect(other.requests).toEqual([`GET /token as ${shown}`, "GET /stored"]);
  });

  test.each<{ says: string; realm: () => string; answer?: () => void; want: string }>([
    { says: "is not public", realm: () => `https://${other.host}/token`, want: "refused" },
    { says: "is not served over HTTPS", realm: () => `http://${plain.host}/token`, want: "refused" },
    { says: "is no URL", realm: () => "nowhere", want: "malformed" },
    {
      says: "redirects",
      realm: () => `https://${own.host}/token`,
      answer: () => own.answers.set("/token", redirect(`https://${own.host}/elsewhere`)),
      want: "malformed",
    },
    {
      says: "gives a token that ends its line",
      realm: () => `https://${own.host}/token`,
      answer: () => own.answers.set("/token", { status: 200, body: JSON.stringify({ token: "a\r\nx: y" }) }),
      want: "malformed",
    },
    {
      says: "gives no JSON",
      realm: () => `https://${own.host}/token`,
      answer: () => own.answers.set("/token", { status: 200, body: "{" }),
      want: "malformed",
    },
    {
      says: "gives too much",
      realm: () => `https://${own.host}/token`,
      answer: () => own.answers.set("/token", { status: 200, body: "x".repeat(300_000) }),
      want: "too-large",
    },
  ])("get nothing from a token service that $says", async ({ realm, answer, want }) => {
    own.answers.set("/v2/team/x/manifests/1", bearer(realm()));
    answer?.();
    const found = await reading(`${own.host}/team/x:1`, { credentials: [credential] });
    expect(found.outcome).toBe(want);
    expect([other.requests, plain.requests]).toEqual([[], []]);
    expect(own.requests.filter((request) => request.includes("elsewhere"))).toEqual([]);
    expect(`${found.message}${found.detail}`).not.toContain("canary");
  });
});

describe("a name that stands for an address that is not public", () => {
  const port = (): string => own.host.split(":")[1] ?? "";
  const resolve = async () => [{ address: "127.0.0.1", family: 4 }];

  test("is refused when the connection is made", async () => {
    place(own);
    const found = await reading(`own.test:${port()}/team/x:1`, { resolve });
    expect(found).toMatchObject({
      outcome: "refused",
      detail: "own.test is at 127.0.0.1, which is not public, and is not listed",
    });
    expect(found.message).not.toContain("127.0.0.1");
    expect(own.requests).toEqual([]);
  });

  test("is asked where the administrator has listed the name", async () => {
    place(own);
    const listed = { [`own.test:${port()}`]: { ca } };
    expect(await reading(`own.test:${port()}/team/x:1`, { resolve, listed })).toMatchObject({
      outcome: "read",
    });
  });

  test("is refused from a registry that is not listed, although it is listed itself", async () => {
    const hosts = new Hosts({
      registry: "public.example",
      accessTo: accessTo({ [own.host]: { ca } }),
      resolve,
      signal: AbortSignal.timeout(9_000),
      userAgent: "test",
    });
    await expect(hosts.send(new URL(`https://${own.host}/`), { method: "GET" })).rejects.toThrow(
      "not public",
    );
    await hosts.close();
    expect(own.requests).toEqual([]);
  });
});

describe("no answer in time", () => {
  const timeoutMs = 400;
  /** The time is over when this is called, and not before: until then everything else has all the time it needs. */
  let timeIsOver = (): void => undefined;
  const untilThen: Clock = {
    now: () => clock.now(),
    setTimeout(fn, ms) {
      if (ms === timeoutMs) timeIsOver = fn;
      return () => undefined;
    },
  };
  const silence = (): void => {
    timeIsOver();
  };

  test("at the connection is as if there were nobody", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      silence();
    });
    const silent = await listen(server, () => {
      for (const socket of sockets) socket.destroy();
    });
    const found = await reading(`${silent.host}/team/x:1`, {
      timeoutMs,
      clock: untilThen,
      listed: { [silent.host]: { ca } },
    });
    await silent.close();
    expect(found.outcome).toBe("unreachable");
  });

  test("nor to the name, either", async () => {
    const resolve = () => new Promise<never>(silence);
    expect(await reading("own.test/team/x:1", { timeoutMs, clock: untilThen, resolve })).toMatchObject({
      outcome: "unreachable",
    });
  });

  test.each<{ says: string; stall: (image: ReturnType<typeof place>) => void; want: string }>([
    {
      says: "to the first question",
      stall: () => own.answers.set("/v2/team/x/manifests/1", silence),
      want: "unreachable",
    },
    {
      says: "for the manifest",
      stall: ({ manifest }) => own.answers.set(manifest, silence),
      want: "unavailable",
    },
    {
      says: "in the middle of a layer",
      stall: ({ layers: [layer = ""] }) =>
        own.answers.set(layer, (_request, response) => {
          response.writeHead(200, { "content-length": "1024" });
          response.write(Buffer.alloc(512), silence);
        }),
      want: "unavailable",
    },
    {
      says: "from the token service",
      stall: () => {
        own.answers.set("/v2/team/x/manifests/1", bearer(`https://${own.host}/token`));
        own.answers.set("/token", silence);
      },
      want: "unavailable",
    },
  ])("$says", async ({ stall, want }) => {
    const image = place(own);
    stall(image);
    expect(await reading(image.name, { timeoutMs, clock: untilThen })).toMatchObject({ outcome: want });
  });
});

describe("too much", () => {
  const mib = 1024 * 1024;
  const listed = () => ({ listed: { [plain.host]: { insecure: true } } });
  /** One file of so many bytes, which is not the one that is looked for. */
  const archive = (bytes: number): Buffer => {
    const header = Buffer.alloc(512);
    header.write("large");
    header.write(`${bytes.toString(8).padStart(11, "0")} `, 124);
    header.write("0", 156);
    return Buffer.concat([header, Buffer.alloc(bytes)]);
  };

  test.each<{ says: string; image: () => ReturnType<typeof place> }>([
    {
      says: "of a manifest",
      image: () => place(plain, { manifest: { annotations: { x: "x".repeat(5 * mib) } } }),
    },
    { says: "of a configuration", image: () => place(plain, { labels: { x: "x".repeat(5 * mib) } }) },
    { says: "of a layer", image: () => place(plain, { layers: [Buffer.alloc(17 * mib)] }) },
    {
      says: "in a layer packed with gzip",
      image: () => place(plain, { layers: [gzipSync(archive(70 * mib))] }),
    },
    {
      says: "in a layer packed with zstd",
      image: () => place(plain, { layers: [zstdCompressSync(archive(70 * mib))] }),
    },
    {
      says: "in all layers together",
      image: () => place(plain, { layers: Array.from({ length: 9 }, () => Buffer.alloc(15 * mib)) }),
    },
    {
      says: "of layers",
      image: () => place(plain, { layers: Array.from({ length: 201 }, () => Buffer.alloc(512)) }),
    },
  ])("$says is not read", async ({ image }) => {
    expect(await reading(image().name, listed())).toMatchObject({ outcome: "too-large" });
  });

  test("that never ends is left alone", async () => {
    const { name, config } = place(plain);
    const isLeft = new Promise<void>((resolve) => {
      plain.answers.set(config, (request, response) => {
        response.writeHead(200);
        const more = (): void => {
          if (response.destroyed) return;
          if (response.write(Buffer.alloc(mib))) setImmediate(more);
          else response.once("drain", more);
        };
        request.socket.once("close", () => {
          resolve();
        });
        more();
      });
    });
    expect(await reading(name, listed())).toMatchObject({ outcome: "too-large" });
    await isLeft;
  });
});

describe("something else than was asked for", () => {
  const otherwise = Buffer.from("something else");
  test.each<{
    says: string;
    image: () => ReturnType<typeof place>;
    edit?: (image: ReturnType<typeof place>) => void;
  }>([
    {
      says: "as a manifest",
      image: () => place(own),
      edit: ({ manifest }) => own.answers.set(manifest, otherwise),
    },
    {
      says: "as a configuration",
      image: () => place(own),
      edit: ({ config }) => own.answers.set(config, otherwise),
    },
    {
      says: "as a layer",
      image: () => place(own),
      edit: ({ layers: [layer = ""] }) => own.answers.set(layer, otherwise),
    },
    {
      says: "that is a page",
      image: () => place(own),
      edit: ({ manifest }) => {
        const body = own.answers.get(manifest) as Buffer;
        own.answers.set(manifest, { status: 200, headers: { "content-type": "text/html" }, body });
      },
    },
    {
      says: "that is both a manifest and an index",
      image: () => place(own, { manifest: { manifests: [] } }),
    },
    {
      says: "that says it is an index",
      image: () => place(own, { manifest: { mediaType: "application/vnd.oci.image.index.v1+json" } }),
    },
    {
      says: "in the first form manifests had",
      image: () =>
        place(own, { manifest: { mediaType: "application/vnd.docker.distribution.manifest.v1+json" } }),
    },
    {
      says: "with another type in it than it is sent with",
      image: () =>
        place(own, { manifest: { mediaType: "application/vnd.docker.distribution.manifest.v2+json" } }),
    },
    {
      says: "that is not packed as it begins",
      image: () => place(own, { layers: [Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(600, 7)])] }),
    },
  ])("$says is not believed", async ({ image, edit }) => {
    const placed = image();
    edit?.(placed);
    expect(await reading(placed.name)).toMatchObject({ outcome: "malformed" });
  });

  test("a manifest without a type of its own, sent as plain JSON, is read", async () => {
    const placed = place(own, { manifest: { mediaType: undefined } });
    const body = own.answers.get(placed.manifest) as Buffer;
    own.answers.set(placed.manifest, { status: 200, headers: { "content-type": "application/json" }, body });
    expect(await reading(placed.name)).toMatchObject({ outcome: "read" });
    own.answers.set(placed.manifest, {
      status: 200,
      headers: { "content-type": `${manifestType}; charset=utf-8` },
      body,
    });
    expect(await reading(placed.name)).toMatchObject({ outcome: "read" });
  });
});

describe("what is told", () => {
  test("of a port that is closed, one that speaks no TLS and one that is not trusted is the same", async () => {
    const closed = await hostileRegistry();
    await closed.close();
    const told = new Set<string>();
    const details: string[] = [];
    for (const { host } of [closed, plain, other]) {
      // Without its authority, the third is not trusted.
      const { outcome, message, detail } = await reading(`${host}/team/x:1`, { listed: { [host]: {} } });
      told.add(`${outcome}: ${message.replace(host, "HOST")}`);
      details.push(detail.replace(host, "HOST"));
    }
    expect([...told]).toEqual(["unreachable: image HOST/team/x:1: the registry cannot be reached"]);
    expect(new Set(details).size).toBe(3);
  });

  test.each<[number, string, RegExp]>([
    [401, "unauthorized", /refuses access without credentials$/],
    [403, "unauthorized", /refuses access without credentials$/],
    [404, "not-found", /does not know it$/],
    [418, "malformed", /no image that can be read$/],
    [429, "unavailable", /does not answer in time, or is out of order$/],
    [500, "unavailable", /does not answer in time, or is out of order$/],
  ])("of status %d is a reason, and the status is for the log", async (status, outcome, words) => {
    own.answers.set("/v2/team/x/manifests/1", { status });
    const found = await reading(`${own.host}/team/x:1`);
    expect(found.outcome).toBe(outcome);
    expect(found.message).toMatch(words);
    expect(found.detail).toContain(`status ${String(status)}`);
  });
});
