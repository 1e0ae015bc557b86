import { afterEach, expect, test } from "vitest";
import type { WebhookCall } from "../../../cluster/webhook-transport.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { Rig } from "../../testing/rig.ts";
import { openRig, textAt } from "../../testing/rig.ts";
import { aWidget } from "../../testing/widget.ts";
import type { WebhookSource } from "./configurations.ts";
import { mutatingWebhooks } from "./mutating.ts";
import { validatingWebhooks } from "./validating.ts";
import { readWebhooks } from "./webhook.ts";

interface Request {
  readonly uid: string;
  readonly object: { readonly spec: object; readonly metadata: { readonly labels?: Record<string, string> } };
}

interface World {
  rig: Rig;
  readonly clock: FakeClock;
  readonly asked: { readonly url: string; readonly request: Request }[];
  /** The response to a call, or what it fails with. */
  answer: (path: string, request: Request) => object | Error | string;
}

let open: Rig | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function world(options: {
  readonly mutating?: readonly object[];
  readonly validating?: readonly object[];
  readonly synced?: Promise<void>;
}): Promise<World> {
  const clock = fakeClock();
  const state = {
    clock,
    asked: [] as World["asked"],
    answer: (() => ({ allowed: true })) as World["answer"],
    rig: undefined as unknown as Rig,
  };
  const post = async (call: WebhookCall): Promise<Buffer> => {
    const { request } = JSON.parse(call.body.toString()) as { request: Request };
    const path = new URL(call.url).pathname;
    state.asked.push({ url: call.url, request });
    const answer = state.answer(path, request);
    if (answer instanceof Error) throw answer;
    if (typeof answer === "string") return Buffer.from(answer);
    const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
    return Buffer.from(JSON.stringify({ ...review, response: { uid: request.uid, ...answer } }));
  };
  const common = {
    clock,
    registry: { resource: (group: string, plural: string) => state.rig.registry.resource(group, plural) },
    namespaceLabels: async (name: string) => ({ "kubernetes.io/metadata.name": name }),
    transport: { post, close: async () => undefined },
  };
  // The namespaces of the rig come first and are nobody's business.
  const isOpen = (): boolean => open !== undefined;
  const source = (kind: string, webhooks: readonly object[] = []): WebhookSource => {
    const read = readWebhooks({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind,
      metadata: { name: "c" },
      webhooks: webhooks.map((webhook, i) => ({
        name: `w${String(i)}`,
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        clientConfig: { url: `https://hooks/${String(i)}` },
        ...webhook,
      })),
    });
    return {
      get hasSynced() {
        return !isOpen() || options.synced === undefined;
      },
      synced: options.synced ?? Promise.resolve(),
      get webhooks() {
        return isOpen() ? read : [];
      },
    };
  };
  state.rig = await openRig({
    plugins: [
      mutatingWebhooks({ ...common, source: source("MutatingWebhookConfiguration", options.mutating) }),
      validatingWebhooks({ ...common, source: source("ValidatingWebhookConfiguration", options.validating) }),
    ],
  });
  open = state.rig;
  state.asked.length = 0;
  return state;
}

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const create = (w: World, query = "") => w.rig.call("POST", `${widgets}${query}`, { body: aWidget("a") });
const patch = (...operations: object[]): object => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
const onWidgets = {
  rules: [{ operations: ["*"], apiGroups: ["lab.example.com"], apiVersions: ["*"], resources: ["widgets"] }],
};

test.each<{ says: string; status?: object; code: number; reason: string; message: string }>([
  { says: "nothing", code: 400, reason: "", message: "without explanation" },
  { says: "a message", status: { message: "no" }, code: 400, reason: "", message: ": no" },
  {
    says: "a reason",
    status: { reason: "Forbidden", code: 403 },
    code: 403,
    reason: "Forbidden",
    message: ": Forbidden",
  },
  { says: "a code of success", status: { code: 200, message: "no" }, code: 400, reason: "", message: ": no" },
])("a denial that says $says", async ({ status, code, reason, message }) => {
  const w = await world({ validating: [onWidgets] });
  w.answer = () => ({ allowed: false, ...(status === undefined ? {} : { status }) });
  const { json } = await create(w);
  expect([json["code"], json["reason"] ?? ""]).toEqual([code, reason]);
  expect(textAt(json, "message")).toContain('admission webhook "w0" denied the request');
  expect(textAt(json, "message")).toMatch(new RegExp(`${message}$`));
});

test.each<{ says: string; answer: (request: Request) => object | Error | string; words: string }>([
  {
    says: "fails",
    answer: () => new Error("connection refused"),
    words: "failed to call webhook: connection refused",
  },
  {
    says: "answers no JSON",
    answer: () => "<html>",
    words: "failed to call webhook: couldn't get version/kind",
  },
  { says: "answers no response", answer: () => "{}", words: "webhook response was absent" },
  { says: "answers another review", answer: () => ({ uid: "x", allowed: true }), words: 'got "x"' },
  {
    says: "patches where it must not",
    answer: () => patch(),
    words: "validating webhook may not return response.patch",
  },
])("a webhook that $says is a failed call, which the policy decides about", async ({ answer, words }) => {
  const strict = await world({ validating: [{ ...onWidgets, failurePolicy: "Fail" }] });
  strict.answer = (_path, request) => answer(request);
  const { json } = await create(strict);
  expect(json["code"]).toBe(500);
  expect(textAt(json, "message")).toContain('Internal error occurred: failed calling webhook "w0": ');
  expect(textAt(json, "message")).toContain(words);
  await strict.rig.close();
  open = undefined;
  const lenient = await world({ validating: [{ ...onWidgets, failurePolicy: "Ignore" }] });
  lenient.answer = (_path, request) => answer(request);
  expect((await create(lenient)).status).toBe(201);
});

test("of several refusals the first in order is answered, and all are asked", async () => {
  const w = await world({ validating: [onWidgets, onWidgets, onWidgets] });
  w.answer = (path) => (path === "/0" ? { allowed: true } : { allowed: false, status: { message: path } });
  expect(textAt((await create(w)).json, "message")).toContain("/1");
  expect(w.asked).toHaveLength(3);
});

test("a webhook with side effects refuses dry runs, and is asked otherwise", async () => {
  const w = await world({ validating: [{ ...onWidgets, sideEffects: "Some" }] });
  const { json } = await create(w, "?dryRun=All");
  expect([json["code"], json["message"]]).toEqual([400, 'admission webhook "w0" does not support dry run']);
  expect((await create(w)).status).toBe(201);
  expect(w.asked).toHaveLength(1);
});

test("a patch is pruned and defaulted before the next webhook sees the object, and validated at the end", async () => {
  const w = await world({ mutating: [onWidgets, onWidgets] });
  w.answer = (path) =>
    path === "/0"
      ? patch({ op: "remove", path: "/spec/color" }, { op: "add", path: "/spec/unknown", value: 1 })
      : { allowed: true };
  const { json } = await create(w);
  expect(w.asked[1]?.request.object.spec).toEqual({ color: "red", enabled: true, replicas: 1 });
  expect(json["spec"]).toEqual({ color: "red", enabled: true, replicas: 1 });
  w.answer = () => patch({ op: "replace", path: "/spec/color", value: "mauve" });
  expect((await w.rig.call("POST", widgets, { body: aWidget("b") })).status).toBe(422);
  w.answer = () => patch({ op: "replace", path: "/kind", value: "Gadget" });
  expect((await w.rig.call("POST", widgets, { body: aWidget("c") })).status).toBe(422);
});

test("keys of an object are data, whatever they are called", async () => {
  const w = await world({ mutating: [onWidgets] });
  w.answer = () =>
    patch(
      { op: "add", path: "/spec/free", value: { a: 1 } },
      { op: "add", path: "/spec/free/__proto__", value: "x" },
    );
  const { text } = await create(w);
  expect(text).toContain('"free":{"__proto__":"x","a":1}');
});

test("a webhook asks to be asked again when a later one changed the object, once", async () => {
  const again = { ...onWidgets, reinvocationPolicy: "IfNeeded" };
  const w = await world({ mutating: [again, onWidgets, again] });
  let serial = 0;
  w.answer = (path) => {
    serial += 1;
    return path === "/2"
      ? { allowed: true }
      : patch({ op: "add", path: "/metadata/labels", value: { n: String(serial) } });
  };
  expect((await create(w)).status).toBe(201);
  expect(w.asked.map(({ url }) => url.at(-1))).toEqual(["0", "1", "2", "0", "2"]);
});

test("a webhook that changes nothing is no reason to ask others again", async () => {
  const w = await world({ mutating: [{ ...onWidgets, reinvocationPolicy: "IfNeeded" }, onWidgets] });
  w.answer = () => patch({ op: "add", path: "/spec/color", value: "red" });
  await create(w);
  expect(w.asked).toHaveLength(2);
});

test("while the configurations are unknown a write waits, and is refused in the end", async () => {
  const w = await world({ validating: [onWidgets], synced: new Promise(() => undefined) });
  const waiting = create(w);
  await w.clock.advance(0);
  await w.clock.advance(10_000);
  const refused = await waitingAnswer(waiting, w.clock);
  expect([refused["code"], textAt(refused, "message")]).toEqual([
    403,
    'widgets.lab.example.com "a" is forbidden: not yet ready to handle request',
  ]);
});

/** Both sorts of webhooks wait, one after the other. */
async function waitingAnswer(waiting: ReturnType<typeof create>, clock: FakeClock): Promise<JsonObject> {
  await clock.advance(10_000);
  return (await waiting).json;
}
