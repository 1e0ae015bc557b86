import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { targetOf } from "../../support/client.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import { collection, corpus, victim } from "./corpus.ts";
import type { RawRequest } from "./raw-request.ts";
import { complaint, rawSender } from "./raw-request.ts";

const base = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: victim, labels: { a: "b" } },
  data: { a: "b" },
};
const json = { "content-type": "application/json" };
let server: StandaloneServer;
let sender: ReturnType<typeof rawSender>;

beforeAll(async () => {
  server = await startStandalone({ flags: ["--log-level", "warn"] });
  sender = rawSender(targetOf(server.kubeconfig));
  await sender.send({ method: "POST", path: collection, headers: json, body: JSON.stringify(base) });
});
afterAll(async () => {
  sender.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

/** After whatever was sent: the process lives, and what it holds can be listed, read alone, and is the same. */
afterEach(async () => {
  const list = await sender.send({ method: "GET", path: collection });
  expect(list.status).toBe(200);
  const { items } = JSON.parse(list.body) as { items: { metadata: { name: string } }[] };
  for (const item of items.slice(0, 20)) {
    const { status, body } = await sender.send({
      method: "GET",
      path: `${collection}/${item.metadata.name}`,
    });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual(item);
  }
  expect(server.process.exitCode).toBeNull();
});

async function judge(wanted: RawRequest): Promise<void> {
  expect(complaint(await sender.send(wanted))).toBeUndefined();
}

/** The seed is fixed, so that a failure in one run is a failure in the next. */
const bounds = (numRuns: number): fc.Parameters<unknown> => ({ seed: 20261121, numRuns });

test.each(corpus)("$says", judge);

const contentType = fc.constantFrom(
  "application/json",
  "application/yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
);
const writes = fc.constantFrom<readonly [string, string]>(
  ["POST", `${collection}?dryRun=All`],
  ["PUT", `${collection}/${victim}?dryRun=All`],
  ["PATCH", `${collection}/${victim}?dryRun=All&fieldManager=fuzz`],
  ["DELETE", `${collection}/${victim}?dryRun=All`],
);

test("any bytes as a body", async () => {
  const body = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: "binary", maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(writes, contentType, body, async ([method, path], type, bytes) => {
      await judge({ method, path, headers: { "content-type": type }, body: Buffer.from(bytes) });
    }),
    bounds(600),
  );
});

const key = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "name", "labels", "data", "", "a/b", "~1", "f:x"),
  fc.string({ maxLength: 8 }),
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, "", -1, 1e21, [], {}, [null], [{}], "\u0000"),
);
const field = fc
  .constantFrom(
    "name generateName namespace labels annotations finalizers ownerReferences managedFields uid resourceVersion generation creationTimestamp deletionTimestamp".split(
      " ",
    ),
  )
  .chain((names) => fc.constantFrom(...names));

test("a valid object with one part replaced", async () => {
  const mutation = fc.oneof(
    fc.record({ at: fc.constant("metadata"), key: field, value }),
    fc.record({ at: fc.constantFrom("metadata", "data", "binaryData", ""), key, value }),
  );
  await fc.assert(
    fc.asyncProperty(writes, contentType, mutation, async ([method, path], type, change) => {
      const object: Record<string, unknown> = structuredClone(base);
      const part = change.at === "" ? object : ((object[change.at] ??= {}) as Record<string, unknown>);
      Object.defineProperty(part, change.key, { value: change.value, enumerable: true, configurable: true });
      await judge({ method, path, headers: { "content-type": type }, body: JSON.stringify(object) });
    }),
    bounds(800),
  );
});

test("any JSON patch", async () => {
  const pointer = fc
    .array(fc.oneof(fc.constantFrom("metadata", "labels", "data", "a", "-", "0", "-1", "01"), key), {
      maxLength: 4,
    })
    .map((parts) => parts.map((part) => `/${part}`).join(""));
  const operation = fc.record(
    {
      op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "no"),
      path: pointer,
      from: pointer,
      value,
    },
    { requiredKeys: ["op", "path"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 6 }), async (operations) => {
      await judge({
        method: "PATCH",
        path: `${collection}/${victim}?dryRun=All`,
        headers: { "content-type": "application/json-patch+json" },
        body: JSON.stringify(operations),
      });
    }),
    bounds(600),
  );
});

/** What a client library still lets into a request line. */
const escaped = fc.oneof(
  fc.webPath(),
  fc.string({ maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom("%2F", "%2e%2e", "..", ".", "%00", "%ff", "%zz", "%", "__proto__", "status", "//"),
);

test("any path", async () => {
  const path = fc
    .tuple(
      fc.constantFrom("", "/api", "/api/v1", "/apis", "/apis/apps/v1", collection, `${collection}/${victim}`),
      fc.array(escaped, { maxLength: 4 }),
    )
    .map(([start, rest]) => `${start}/${rest.join("/")}`);
  const method = fc.constantFrom("GET", "HEAD", "PUT", "PATCH", "OPTIONS");
  await fc.assert(
    fc.asyncProperty(method, path, async (verb, where) => {
      const answer = await sender.send({ method: verb, path: where });
      if (verb === "HEAD") expect(answer.status).toBeLessThan(500);
      else expect(complaint(answer)).toBeUndefined();
    }),
    bounds(600),
  );
});

test("any query", async () => {
  const name = fc.constantFrom(
    ..."limit continue resourceVersion resourceVersionMatch labelSelector fieldSelector timeoutSeconds sendInitialEvents allowWatchBookmarks pretty timeout __proto__".split(
      " ",
    ),
  );
  const text = fc.oneof(
    fc.constantFrom("", "0", "-1", "1e9", "true", "Exact", "NotOlderThan", "18446744073709551616", "a=b"),
    fc.string({ maxLength: 12 }).map((raw) => raw.toWellFormed()),
  );
  const query = fc
    .array(fc.tuple(name, text), { maxLength: 4 })
    .map((pairs) => pairs.map(([key, raw]) => `${key}=${encodeURIComponent(raw)}`).join("&"));
  await fc.assert(
    fc.asyncProperty(query, (text) => judge({ method: "GET", path: `${collection}?${text}` })),
    bounds(500),
  );
});

test("any header", async () => {
  const name = fc.constantFrom(
    ..."accept accept-encoding content-encoding content-type user-agent impersonate-user impersonate-group impersonate-uid impersonate-extra-x x-remote-user audit-id authorization if-none-match".split(
      " ",
    ),
  );
  const text = fc.string({ maxLength: 30 }).map((raw) => raw.replaceAll(/[^\t\x20-\x7e]/g, "?"));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, text, { maxKeys: 3 }), (headers) =>
      judge({ method: "GET", path: collection, headers }),
    ),
    bounds(500),
  );
});
