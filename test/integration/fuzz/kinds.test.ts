/** Kinds of a reader's own, with status, scale, several versions, Tables and watches: whatever is asked, the answer is a Status. */
import path from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { targetOf } from "../../support/client.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, repository, startStandalone } from "../../support/standalone.ts";
import type { RawRequest } from "./raw-request.ts";
import { complaint, rawSender } from "./raw-request.ts";

const group = "/apis/twin.example.com";
const twins = (version: string): string => `${group}/${version}/namespaces/default/twins`;
const victim = {
  apiVersion: "twin.example.com/v1",
  kind: "Twin",
  metadata: { name: "victim", labels: { a: "b" } },
  spec: { color: "red", replicas: 2, tags: ["a"], items: [{ name: "x" }], nested: { depth: 1 } },
  status: { replicas: 1, selector: "a=b" },
};

let server: StandaloneServer;
let sender: ReturnType<typeof rawSender>;

beforeAll(async () => {
  const crds = path.join(repository, "test/conformance/twins/crds");
  server = await startStandalone({ flags: ["--crds", crds, "--log-level", "warn", "--no-controllers"] });
  sender = rawSender(targetOf(server.kubeconfig));
  const headers = { "content-type": "application/json" };
  const made = await sender.send({
    method: "POST",
    path: twins("v1"),
    headers,
    body: JSON.stringify(victim),
  });
  expect(made.status, made.body).toBe(201);
});
afterAll(async () => {
  sender.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

/** Everything was a dry run: the object is as it was, in every version and form. */
afterEach(async () => {
  for (const version of ["v1", "v1alpha1", "v1beta1"]) {
    const { status, body } = await sender.send({ method: "GET", path: `${twins(version)}/victim` });
    expect(status, body).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ metadata: { name: "victim", generation: 1 } });
  }
  expect(server.process.exitCode).toBeNull();
});

async function judge(wanted: RawRequest): Promise<void> {
  expect(complaint(await sender.send(wanted))).toBeUndefined();
}

const bounds = (numRuns: number): fc.Parameters<unknown> => ({ seed: 20261121, numRuns });
const version = fc.constantFrom("v1", "v1alpha1", "v1beta1");
const part = fc.constantFrom("", "/victim", "/victim/status", "/victim/scale", "/victim/nothing");
const accept = fc.constantFrom(
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
  "application/json;as=Table;v=v9;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=Scale;v=v1;g=autoscaling",
  "application/json;stream=watch",
  "*/*;q=0",
);
const contentType = fc.constantFrom(
  "application/json",
  "application/yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
  "application/vnd.kubernetes.protobuf",
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    "",
    -1,
    1.5,
    1e21,
    2 ** 53,
    [],
    {},
    [null],
    [{}, {}],
    true,
    "\u0000",
    "x".repeat(5000),
  ),
);
const place = fc.constantFrom(
  ..."apiVersion kind metadata spec status spec/color spec/replicas spec/tags spec/items spec/nested spec/nested/depth spec/ratio spec/when spec/limit spec/title spec/low spec/high spec/__proto__ spec/nothing status/replicas status/selector metadata/name metadata/resourceVersion metadata/uid metadata/generation metadata/managedFields metadata/ownerReferences metadata/finalizers metadata/deletionTimestamp".split(
    " ",
  ),
);

/** The object with some of its parts replaced. */
function changed(changes: readonly (readonly [string, unknown])[]): unknown {
  const object: Record<string, unknown> = structuredClone(victim);
  for (const [where, what] of changes) {
    const keys = where.split("/");
    const last = keys.pop() ?? "";
    let at: Record<string, unknown> | undefined = object;
    for (const key of keys) at = at?.[key] as Record<string, unknown> | undefined;
    // A change before may have put something else where this one goes.
    if (typeof at !== "object" || (at as unknown) === null) continue;
    Object.defineProperty(at, last, { value: what, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

test("an object with parts replaced, through every path and content type", async () => {
  const changes = fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 3 });
  const method = fc.constantFrom("POST", "PUT", "PATCH");
  const validation = fc.constantFrom(
    "",
    "&fieldValidation=Strict",
    "&fieldValidation=Ignore",
    "&fieldManager=f&force=true",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({ method, version, part, contentType, changes, validation, accept }),
      async (made) => {
        await judge({
          method: made.method,
          path: `${twins(made.version)}${made.part}?dryRun=All${made.validation}`,
          headers: { "content-type": made.contentType, accept: made.accept },
          body: JSON.stringify(changed(made.changes)),
        });
      },
    ),
    bounds(900),
  );
});

test("a scale with parts replaced", async () => {
  const scale = fc.record(
    {
      apiVersion: fc.oneof(fc.constantFrom<unknown>("autoscaling/v1", "autoscaling/v2", "v1"), value),
      kind: fc.oneof(fc.constantFrom<unknown>("Scale", "scale"), value),
      metadata: fc.oneof(
        fc.constantFrom<unknown>({ name: "victim", namespace: "default" }, { name: "other" }, {}),
        value,
      ),
      spec: fc.oneof(fc.record({ replicas: value }), value),
      status: value,
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("PUT", "PATCH", "GET", "DELETE"),
      version,
      contentType,
      scale,
      async (...made) => {
        const [method, where, type, body] = made;
        const head = {
          method,
          path: `${twins(where)}/victim/scale?dryRun=All`,
          headers: { "content-type": type },
        };
        await judge(method === "GET" ? head : { ...head, body: JSON.stringify(body) });
      },
    ),
    bounds(400),
  );
});

test("bytes that begin as protobuf", async () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.concat([Buffer.from("k8s\0"), raw]));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("POST", "PUT", "DELETE"), part, bytes, async (method, where, body) => {
      const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
      await judge({ method, path: `${twins("v1")}${where}?dryRun=All`, headers, body });
      await judge({
        method: "POST",
        path: "/api/v1/namespaces/default/configmaps?dryRun=All",
        headers,
        body,
      });
    }),
    bounds(200),
  );
});

const word = fc.oneof(
  fc.constantFrom("", "0", "1", "-1", "1e9", "true", "false", "yes", "Exact", "NotOlderThan", "None", "Object", "Metadata", "18446744073709551616", "spec.color=red", "a in (b", "!a", "metadata.name=victim"), // prettier-ignore
  fc.string({ maxLength: 10 }).map((raw) => raw.toWellFormed()),
);
const query = (names: string) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names.split(" ")), word), { maxLength: 4 })
    .map((pairs) => pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("&"));

test("reads in any form with any parameters", async () => {
  const parameters = query(
    "includeObject limit continue resourceVersion resourceVersionMatch labelSelector fieldSelector pretty timeout",
  );
  await fc.assert(
    fc.asyncProperty(version, part, accept, parameters, async (where, what, form, text) => {
      // Revisions to come are waited for.
      const bounded = /resourceVersion=18/.test(text) ? "" : text;
      await judge({ method: "GET", path: `${twins(where)}${what}?${bounded}`, headers: { accept: form } });
    }),
    bounds(600),
  );
});

test("watches in any form with any parameters end as they should", async () => {
  const parameters = query(
    "includeObject resourceVersion resourceVersionMatch sendInitialEvents allowWatchBookmarks labelSelector fieldSelector continue limit pretty",
  );
  const sampled = fc.sample(fc.tuple(version, accept, parameters), { seed: 20261121, numRuns: 160 });
  for (let i = 0; i < sampled.length; i += 40) {
    await Promise.all(
      sampled.slice(i, i + 40).map(([where, form, text]) =>
        judge({
          method: "GET",
          path: `${twins(where)}?watch=1&timeoutSeconds=1&${text}`,
          headers: { accept: form },
        }),
      ),
    );
  }
});
