import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseChallenge } from "./challenge.ts";
import { Keyring } from "./credentials.ts";
import { parseImageReference, printReference } from "./reference.ts";
import { fileInTar } from "./tar.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("the name of an image", () => {
  test.each([
    ["ubuntu", "docker.io/library/ubuntu:latest"],
    ["library/ubuntu:24.04", "docker.io/library/ubuntu:24.04"],
    ["llamastack/distribution-starter:0.6.0", "docker.io/llamastack/distribution-starter:0.6.0"],
    ["index.docker.io/llamastack/x", "docker.io/llamastack/x:latest"],
    ["localhost/x", "localhost/x:latest"],
    ["localhost:5000/x/y:1", "localhost:5000/x/y:1"],
    ["Quay.IO/a/b:1", "quay.io/a/b:1"],
    ["[::1]:5000/x:1", "[::1]:5000/x:1"],
    [`quay.io/a/b:1@${digest}`, `quay.io/a/b@${digest}`],
    ["a__b/c--d.e:v", "docker.io/a__b/c--d.e:v"],
  ])("%s is %s", (name, want) => {
    const reference = parseImageReference(name);
    expect(reference === undefined ? undefined : printReference(reference)).toBe(want);
  });

  test.each([
    "",
    "UPPER/case",
    "a//b",
    "a:b:c",
    "x@sha256:short",
    `x@md5:${"a".repeat(32)}`,
    "../../etc",
    "quay.io/",
    "a/../b",
    "host:5000/x y",
    "x?y",
    "user@quay.io/x",
  ])("%j is none", (name) => {
    expect(parseImageReference(name)).toBeUndefined();
  });

  test("stays the same when it is printed and read again", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("a", "b", "0", ".", "/", ":", "@", "-", "_", "A", "["),
          maxLength: 20,
        }),
        (text) => {
          const reference = parseImageReference(text);
          if (reference !== undefined)
            expect(parseImageReference(printReference(reference))).toEqual(reference);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("credentials for an image", () => {
  const auth = (user: string) => ({ auth: Buffer.from(`${user}:${user}:pw`).toString("base64") });
  const users = (auths: object, image: string): string[] => {
    const keyring = new Keyring();
    keyring.add(JSON.stringify({ auths }));
    const reference = parseImageReference(image);
    return reference === undefined ? [] : keyring.find(reference).map(({ username }) => username);
  };

  test.each([
    { says: "are those of the host", key: "quay.io", image: "quay.io/a/b" },
    { says: "may be keyed by a URL", key: "https://quay.io", image: "quay.io/a/b" },
    { says: "may be keyed by the URL of the API", key: "https://quay.io/v2/", image: "quay.io/a/b" },
    { says: "of Docker Hub have a name of their own", key: "https://index.docker.io/v1/", image: "ubuntu" },
    { says: "may be for part of the path", key: "quay.io/a", image: "quay.io/a/b" },
    {
      says: "may be for a pattern of hosts",
      key: "*.dkr.*.amazonaws.com",
      image: "1.dkr.eu.amazonaws.com/x",
    },
    { says: "may be for a port", key: "localhost:5000", image: "localhost:5000/x" },
  ])("$says", ({ key, image }) => {
    expect(users({ [key]: auth("ann") }, image)).toEqual(["ann"]);
  });

  test.each([
    { says: "another host", key: "quay.io", image: "ghcr.io/a/b" },
    { says: "another port", key: "localhost:5000", image: "localhost:5001/x" },
    { says: "a path that only begins alike", key: "quay.io/a", image: "quay.io/ab/c" },
    { says: "a pattern over more parts than it has", key: "*.example.com", image: "a.b.example.com/x" },
    { says: "a host that only ends alike", key: "quay.io", image: "evilquay.io/x" },
  ])("are not given to $says", ({ key, image }) => {
    expect(users({ [key]: auth("ann") }, image)).toEqual([]);
  });

  test("the closest come first, and a password may hold a colon", () => {
    expect(users({ "quay.io": auth("all"), "quay.io/a": auth("some") }, "quay.io/a/b")).toEqual([
      "some",
      "all",
    ]);
    const keyring = new Keyring();
    keyring.add(JSON.stringify({ "quay.io": { username: "u", password: "p:q" } }));
    const reference = parseImageReference("quay.io/x");
    expect(reference === undefined ? [] : keyring.find(reference)).toEqual([
      { username: "u", password: "p:q" },
    ]);
  });

  test.each(["", "{", "[]", '{"auths":[]}', '{"auths":{"quay.io":7}}', '{"__proto__":{"auth":"eDp5"}}'])(
    "what cannot be read, such as %j, counts as nothing",
    (text) => {
      const keyring = new Keyring();
      keyring.add(text);
      const reference = parseImageReference("quay.io/x");
      expect(reference === undefined ? undefined : keyring.find(reference)).toEqual([]);
    },
  );
});

describe("a challenge", () => {
  test.each([
    [
      'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
      {
        scheme: "bearer",
        realm: "https://auth.example/token",
        service: "reg",
        scope: "repository:a/b:pull,push",
      },
    ],
    ['bearer  realm = "x"', undefined],
    [
      "Bearer realm=https://auth.example/t, service=x",
      { scheme: "bearer", realm: "https://auth.example/t", service: "x" },
    ],
    ['Basic realm="a \\"b\\""', { scheme: "basic" }],
    ['Basic realm="a", Bearer realm="https://x/t"', { scheme: "bearer", realm: "https://x/t" }],
    ["Negotiate", undefined],
    ["", undefined],
  ])("%j", (header, want) => {
    expect(parseChallenge(header)).toEqual(want);
  });

  test("of any text is read in linear time and never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "=", '"', ",", "\\", " "), maxLength: 60 }),
        (text) => void parseChallenge(text),
      ),
    );
    parseChallenge('a="'.repeat(50_000));
    parseChallenge("\\".repeat(100_000));
  });
});

describe("a file in an archive of tar", () => {
  const long = `${"deep/".repeat(40)}config.yaml`;
  const archive = (format: string): Buffer => {
    const root = mkdtempSync(path.join(tmpdir(), "tar-"));
    try {
      for (const [name, text] of [
        ["etc/config.yaml", "short\n"],
        [long, "long\n"],
        ["empty", ""],
      ] as const) {
        mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
        writeFileSync(path.join(root, name), text);
      }
      symlinkSync("etc/config.yaml", path.join(root, "link"));
      const { stdout } = spawnSync("tar", ["-c", `--format=${format}`, "-C", root, "."], {
        maxBuffer: 10_000_000,
      });
      return stdout;
    } finally {
      rmSync(root, { recursive: true });
    }
  };
  async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const find = async (bytes: Buffer, name: string, size = 700, max = 1000): Promise<string | undefined> =>
    (await fileInTar(cut(bytes, size), name, max))?.toString();

  test.each(["gnu", "pax"])("is found in format %s, however it is cut and named", async (format) => {
    const bytes = archive(format);
    for (const size of [1, 511, 512, 513, 100_000]) {
      expect(await find(bytes, "etc/config.yaml", size)).toBe("short\n");
    }
    for (const name of ["/etc/config.yaml", "./etc/config.yaml"])
      expect(await find(bytes, name)).toBe("short\n");
    expect(await find(bytes, long)).toBe("long\n");
    expect(await find(bytes, "empty")).toBe("");
  });

  test("is not found where it is a link, too large, cut off or not there", async () => {
    const bytes = archive("pax");
    expect(await find(bytes, "link")).toBeUndefined();
    expect(await find(bytes, "etc/config.yaml", 700, 5)).toBeUndefined();
    expect(await find(bytes, "absent")).toBeUndefined();
    expect(await find(bytes.subarray(0, 100), "etc/config.yaml")).toBeUndefined();
  });

  test("of any bytes is answered", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 2000 }), async (bytes) => {
        await find(Buffer.from(bytes), "x");
      }),
    );
  });

  /** A member of this type with this content, and a file after it. */
  const member = (type: string, content: Buffer): Buffer => {
    const header = (name: string, kind: string, size: number): Buffer => {
      const block = Buffer.alloc(512);
      block.write(name, 0, "latin1");
      block.write(size.toString(8).padStart(11, "0"), 124, "latin1");
      block.write(kind, 156, "latin1");
      return block;
    };
    const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    content.copy(padded);
    return Buffer.concat([header("m", type, content.length), padded, header("file", "0", 0)]);
  };

  test.each([
    "nospace!",
    "",
    " ",
    "0 path=x\n",
    "-5 path=x\n",
    "1e3 path=x\n",
    "9 path=a\n9",
    "NaN path=x\n",
  ])("behind extended headers %j is found by its own name", async (content) => {
    expect(await find(member("x", Buffer.from(content)), content.startsWith("9 ") ? "a" : "file")).toBe("");
  });

  test("behind extended headers of any bytes is answered", async () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 1500 });
    const records = fc
      .array(fc.tuple(fc.integer({ min: -2, max: 40 }), fc.constantFrom("", " ", " path=x\n", "=", "\n")))
      .map((list) => Buffer.from(list.map(([length, rest]) => `${String(length)}${rest}`).join("")));
    const content = fc.oneof(bytes, records);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("x", "L"), content, async (type, data) => {
        await find(member(type, Buffer.from(data)), "x");
      }),
    );
  });

  test("is not read further than it is needed, and then let go", async () => {
    const bytes = archive("pax");
    let closed = 0;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        yield* cut(bytes, 512);
      } finally {
        closed += 1;
      }
    }
    await fileInTar(source(), "etc/config.yaml", 1000);
    expect(closed).toBe(1);
  });
});
