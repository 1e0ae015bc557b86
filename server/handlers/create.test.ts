import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { getPath } from "../../machinery/json/value.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { CallOptions, Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
});
afterEach(async () => {
  await rig.close();
});

const create = (body: CallOptions["body"], query = "", more: CallOptions = {}) =>
  rig.call("POST", `${widgets}${query}`, { ...more, ...(body === undefined ? {} : { body }) });

describe("create refuses", () => {
  test.each<{
    says: string;
    body?: CallOptions["body"];
    query?: string;
    type?: string;
    code: number;
    reason?: string;
    message: string;
  }>([
    {
      says: "an object without any name",
      body: aWidget("", { metadata: {} }),
      code: 422,
      reason: "Invalid",
      message:
        'Widget.lab.example.com "" is invalid: [metadata.name: Required value: name or generateName is required, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    },
    {
      says: "a namespace other than that of the URL",
      body: aWidget("w", { metadata: { name: "w", namespace: "other" } }),
      code: 400,
      reason: "BadRequest",
      message: "the namespace of the provided object does not match the namespace sent on the request",
    },
    {
      says: "another kind",
      body: { ...aWidget("w"), kind: "Gadget" },
      code: 422,
      reason: "Invalid",
      message: 'Gadget.lab.example.com "w" is invalid: kind: Invalid value: "Gadget": must be Widget',
    },
    {
      says: "another apiVersion",
      body: { ...aWidget("w"), apiVersion: "lab.example.com/v2" },
      code: 400,
      reason: "BadRequest",
      message:
        "the API version in the data (lab.example.com/v2) does not match the expected API version (lab.example.com/v1)",
    },
    {
      says: "another apiVersion, of which no field is known, when strict",
      body: { ...aWidget("w"), apiVersion: "lab.example.com/v2" },
      query: "?fieldValidation=Strict",
      code: 400,
      reason: "BadRequest",
      message:
        'Widget in version "v2" cannot be handled as a Widget: strict decoding error: unknown field "spec"',
    },
    {
      says: "an object without kind",
      body: '{"metadata":{}}',
      code: 400,
      reason: "BadRequest",
      message:
        "the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{\"metadata\":{}}' ({\"metadata\":{}})",
    },
    {
      says: "broken JSON",
      body: '{"kind":',
      code: 400,
      reason: "BadRequest",
      message:
        'the object provided is unrecognized (must be of type Widget): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"kind":)',
    },
    {
      says: "no body",
      code: 400,
      reason: "BadRequest",
      message:
        "the object provided is unrecognized (must be of type Widget): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    },
    {
      says: "a body that is no object, printed as hex",
      body: "[1,2]",
      code: 400,
      reason: "BadRequest",
      message:
        'the object provided is unrecognized (must be of type Widget): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b312c325d)',
    },
    {
      says: "metadata of a wrong type",
      body: aWidget("w", { metadata: { name: "w", labels: { a: 1 } } }),
      code: 400,
      reason: "BadRequest",
      message:
        'Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    },
    {
      says: "a resourceVersion, without a reason",
      body: aWidget("w", { metadata: { name: "w", resourceVersion: "5" } }),
      code: 500,
      message: "resourceVersion should not be set on objects to be created",
    },
    {
      says: "unknown and duplicate fields when strict",
      body: '{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"w","bogus":1},"spec":{"color":"red","color":"blue","zed":1,"items":[{"name":"a","q":1}]}}',
      query: "?fieldValidation=Strict",
      code: 400,
      reason: "BadRequest",
      message:
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: duplicate field "spec.color", unknown field "metadata.bogus", unknown field "spec.items[0].q", unknown field "spec.zed"',
    },
    {
      says: "a validation mode that does not exist",
      body: aWidget("w"),
      query: "?fieldValidation=Loose",
      code: 422,
      reason: "Invalid",
      message:
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
    },
    {
      says: "a dryRun other than All",
      body: aWidget("w"),
      query: "?dryRun=Foo",
      code: 422,
      reason: "Invalid",
      message:
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Foo"]: supported values: "All"',
    },
    {
      says: "a field manager that cannot be printed",
      body: aWidget("w"),
      query: "?fieldManager=a%0Ab",
      code: 422,
      reason: "Invalid",
      message:
        'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    },
    {
      says: "a field manager that is too long",
      body: aWidget("w"),
      query: `?fieldManager=${"m".repeat(129)}`,
      code: 422,
      reason: "Invalid",
      message:
        'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    },
    {
      says: "several wrong values, each with its path",
      body: aWidget("bad", { spec: { color: "pink", replicas: 99 } }),
      code: 422,
      reason: "Invalid",
      message:
        'Widget.lab.example.com "bad" is invalid: [spec.color: Unsupported value: "pink": supported values: "red", "green", "blue", spec.replicas: Invalid value: 99: spec.replicas in body should be less than or equal to 10, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    },
    {
      says: "a media type nobody reads",
      body: aWidget("w"),
      type: "text/plain",
      code: 415,
      reason: "UnsupportedMediaType",
      message:
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    },
  ])("$says", async ({ body, query, type, code, reason, message }) => {
    const answer = await create(body, query, { type });
    expect({
      code: answer.status,
      reason: answer.json["reason"],
      message: answer.json["message"],
    }).toEqual({ code, reason, message });
    expect((await rig.call("GET", widgets)).json["items"]).toEqual([]);
  });
});

describe("create, as recorded from kube-apiserver,", () => {
  test("takes a resourceVersion that is no number for none", async () => {
    const body = aWidget("w", { metadata: { name: "w", resourceVersion: "abc" } });
    expect((await create(body)).status).toBe(201);
  });

  test("puts the bounds of the scale before the note on skipped rules", async () => {
    const answer = await create(aWidget("bad", { spec: { replicas: -1, title: "x".repeat(30) } }));
    expect(answer.json["message"]).toBe(
      'Widget.lab.example.com "bad" is invalid: [spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0, spec.title: Too long: may not be more than 20 bytes, .spec.replicas: Invalid value: -1: should be a non-negative integer, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    );
  });

  test("prints repeated keys of YAML as lines of one error when strict", async () => {
    const body =
      "apiVersion: lab.example.com/v1\nkind: Widget\nmetadata: {name: s2}\nspec:\n  color: red\n  color: blue\n  zed: 1\n";
    const answer = await create(body, "?fieldValidation=Strict", { type: "application/yaml" });
    expect(answer.json["message"]).toBe(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: yaml: unmarshal errors:\n  line 6: key "color" already set in map, unknown field "spec.zed"',
    );
  });
});

describe("create", () => {
  test("warns about unknown and duplicate fields by default, drops them, and is silent when told to ignore", async () => {
    const body =
      '{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"NAME"},"spec":{"color":"red","color":"blue","zed":1}}';
    const warned = await create(body.replace("NAME", "a"));
    expect(warned.warnings).toEqual(['duplicate field "spec.color"', 'unknown field "spec.zed"']);
    expect(warned.json["spec"]).toEqual({ color: "blue", enabled: true, replicas: 1 });
    const silent = await create(body.replace("NAME", "b"), "?fieldValidation=Ignore");
    expect([silent.status, silent.warnings]).toEqual([201, []]);
  });

  test("with dryRun goes the whole way and stores nothing", async () => {
    const before = await rig.store.currentRevision();
    const answer = await create(aWidget("w"), "?dryRun=All&dryRun=All");
    expect(answer.status).toBe(201);
    expect(getPath(answer.json, "metadata", "uid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(getPath(answer.json, "metadata", "resourceVersion")).toBeUndefined();
    expect((await rig.call("GET", `${widgets}/w`)).status).toBe(404);
    expect(await rig.store.currentRevision()).toBe(before);
  });

  test("refuses a name that is taken, also in a dry run, after validation", async () => {
    await create(aWidget("w"));
    for (const query of ["", "?dryRun=All"]) {
      const again = await create(aWidget("w"), query);
      expect(again.text).toBe(
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"widgets.lab.example.com \\"w\\" already exists","reason":"AlreadyExists","details":{"name":"w","group":"lab.example.com","kind":"widgets"},"code":409}\n',
      );
    }
    const invalid = await create(aWidget("w", { spec: { color: "pink" } }));
    expect(invalid.status).toBe(422);
  });

  test("says that the taken name belongs to an object that is being deleted", async () => {
    await create(aWidget("w", { metadata: { name: "w", finalizers: ["a.io/b"] } }));
    await rig.call("DELETE", `${widgets}/w`);
    expect((await create(aWidget("w"))).json["message"]).toBe(
      'object is being deleted: widgets.lab.example.com "w" already exists',
    );
  });

  test("generates names of at most 63 characters and tries again when one is taken", async () => {
    const made = await create(aWidget("", { metadata: { generateName: "x".repeat(70) } }));
    expect(getPath(made.json, "metadata", "name")).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);

    await rig.close();
    const sequence = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    let at = 0;
    rig = await openRig({
      deps: {
        random: { uuid: () => "00000000-0000-4000-8000-000000000000", integer: () => sequence[at++] ?? 0 },
      },
    });
    const body = aWidget("", { metadata: { generateName: "g-" } });
    expect(getPath((await create(body)).json, "metadata", "name")).toBe("g-bbbbb");
    expect(getPath((await create(body)).json, "metadata", "name")).toBe("g-ccccc");
    const exhausted = await create(body);
    expect(exhausted.json["details"]).toEqual({
      name: "g-bbbbb",
      group: "lab.example.com",
      kind: "widgets",
      retryAfterSeconds: 1,
    });
    expect(exhausted.headers["retry-after"]).toBe("1");
  });

  test("ignores what only the server may say", async () => {
    const { json } = await create(
      aWidget("w", {
        metadata: {
          name: "w",
          uid: "mine",
          generation: 7,
          creationTimestamp: "2001-01-01T00:00:00Z",
          deletionTimestamp: "2001-01-01T00:00:00Z",
          deletionGracePeriodSeconds: 9,
          selfLink: "/x",
        },
      }),
    );
    const metadata = json["metadata"] as JsonObject;
    expect(metadata["uid"]).not.toBe("mine");
    expect(metadata["generation"]).toBe(1);
    expect(metadata["creationTimestamp"]).toBe("2026-01-02T03:04:05Z");
    expect(Object.keys(metadata)).not.toContain("deletionTimestamp");
    expect(Object.keys(metadata)).not.toContain("deletionGracePeriodSeconds");
    expect(Object.keys(metadata)).not.toContain("selfLink");
  });

  test("keeps explicit false and 0, large integers and hostile keys", async () => {
    const created = await create(
      '{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"w","labels":{"10":"a","2":"b"}},"spec":{"enabled":false,"replicas":0,"big":9007199254740993,"free":{"__proto__":{"x":1},"constructor":2},"port":"http"}}',
    );
    expect(created.text).toContain('"labels":{"10":"a","2":"b"}');
    expect(created.text).toContain(
      '"spec":{"big":9007199254740993,"color":"red","enabled":false,"free":{"__proto__":{"x":1},"constructor":2},"port":"http","replicas":0}',
    );
    expect((await rig.call("GET", `${widgets}/w`)).text).toBe(created.text);
  });

  test("takes YAML, tells duplicate keys by line", async () => {
    const body =
      "apiVersion: lab.example.com/v1\nkind: Widget\nmetadata: {name: yam}\nspec:\n  color: red\n  color: blue\n";
    const answer = await create(body, "", { type: "application/yaml" });
    expect(answer.status).toBe(201);
    expect(answer.warnings).toEqual(['line 6: key "color" already set in map']);
  });

  test("takes the manager from the User-Agent up to its slash", async () => {
    const managerOf = async (name: string, agent: string) =>
      getPath((await create(aWidget(name), "", { agent })).json, "metadata", "managedFields", "0") ??
      (
        getPath(
          (await rig.call("GET", `${widgets}/${name}`)).json,
          "metadata",
          "managedFields",
        ) as JsonObject[]
      )[0]?.["manager"];
    expect(await managerOf("a", "kubectl/v1.35 (linux)")).toBe("kubectl");
    expect(await managerOf("b", "")).toBe("unknown");
    expect(await managerOf("c", `${"é".repeat(100)}/1`)).toBe("é".repeat(64));
  });

  test("keeps the first of several owner references with one uid", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u1" };
    const answer = await create(aWidget("w", { metadata: { name: "w", ownerReferences: [owner, owner] } }));
    expect(getPath(answer.json, "metadata", "ownerReferences")).toEqual([owner]);
    expect(answer.warnings[0]).toMatch(/^\.metadata\.ownerReferences contains duplicate entries/);
  });

  test("refuses namespaces that do not exist or are going away", async () => {
    const missing = await rig.call("POST", widgets.replace("default", "nope"), { body: aWidget("w") });
    expect(missing.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \\"nope\\" not found","reason":"NotFound","details":{"name":"nope","kind":"namespaces"},"code":404}\n',
    );
    await rig.call("DELETE", "/api/v1/namespaces/other");
    const terminating = await rig.call("POST", widgets.replace("default", "other"), { body: aWidget("y") });
    expect(terminating.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"widgets.lab.example.com \\"y\\" is forbidden: unable to create new content in namespace other because it is being terminated","reason":"Forbidden","details":{"name":"y","group":"lab.example.com","kind":"widgets","causes":[{"reason":"NamespaceTerminating","message":"namespace other is being terminated","field":"metadata.namespace"}]},"code":403}\n',
    );
  });
});
