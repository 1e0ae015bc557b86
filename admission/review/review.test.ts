import { describe, expect, test } from "vitest";
import { forbidden, invalid, serviceUnavailable } from "../../api/errors/catalogue.ts";
import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import { llamaStackDistributionDefinition } from "../../api/llamastackdistribution/definition.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { llamaStackDistributionConverter } from "../../conversion/llamastackdistribution/converter.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import { invalid as invalidField } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath, setPath } from "../../machinery/json/value.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../../server/admission/plugin.ts";
import { aModelDeployment, anOldModelDeployment, aReview, patchOf, responseOf } from "../testing/review.ts";
import { mutatingReviewer } from "./mutate.ts";
import { validatingReviewer } from "./validate.ts";

const definitions = [
  modelDeploymentDefinition(modelDeploymentConverter),
  llamaStackDistributionDefinition(llamaStackDistributionConverter),
  inferenceProviderDefinition(),
];
const { signal } = new AbortController();

/** A plugin that does what it is told and remembers what it saw. */
function aPlugin(act: (attributes: AdmissionAttributes) => void): AdmissionPlugin & {
  readonly seen: AdmissionAttributes[];
} {
  const seen: AdmissionAttributes[] = [];
  const run = async (attributes: AdmissionAttributes): Promise<void> => {
    seen.push(attributes);
    act(attributes);
  };
  return { name: "test", seen, handles: () => true, admit: run, validate: run };
}

const mutate = (plugins: readonly AdmissionPlugin[], body: JsonObject) =>
  mutatingReviewer({ definitions, plugins })(body, { signal });
const validate = (plugins: readonly AdmissionPlugin[], body: JsonObject, parent?: JsonObject) =>
  validatingReviewer({ definitions, plugins, readParent: async () => parent })(body, { signal });

const withRequest = (edit: (request: JsonObject) => void): JsonObject => {
  const body = aReview();
  edit(body["request"] as JsonObject);
  return body;
};

describe("a body that is no review for us is a bad request", () => {
  test.each<{ says: string; body: JsonObject; want: string }>([
    { says: "another kind", body: { kind: "Pod", apiVersion: "v1" }, want: "expected an AdmissionReview" },
    {
      says: "another version",
      body: { ...aReview(), apiVersion: "admission.k8s.io/v1beta1" },
      want: 'expected AdmissionReview admission.k8s.io/v1, got "admission.k8s.io/v1beta1"',
    },
    {
      says: "no request",
      body: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" },
      want: "request is required",
    },
    { says: "no uid", body: withRequest((r) => (r["uid"] = "")), want: "request.uid is required" },
    {
      says: "an unknown operation",
      body: withRequest((r) => (r["operation"] = "GET")),
      want: "request.operation is not known",
    },
    {
      says: "no resource",
      body: withRequest((r) => delete r["resource"]),
      want: "request.resource must have group, version, resource",
    },
    {
      says: "an object that is a list",
      body: withRequest((r) => (r["object"] = [])),
      want: "request.object must be an object",
    },
    {
      says: "nobody who asks",
      body: withRequest((r) => delete r["userInfo"]),
      want: "request.userInfo is required",
    },
    {
      says: "a resource of somebody else",
      body: aReview({ resource: { group: "", version: "v1", resource: "pods" } }),
      want: "pods v1 is not reviewed here",
    },
    {
      says: "a version that does not exist",
      body: aReview({
        resource: { group: "hawsepipe.dev", version: "v9", resource: "modeldeployments" },
      }),
      want: "modeldeployments.hawsepipe.dev v9 is not reviewed here",
    },
    {
      says: "a kind that is not the resource's",
      body: aReview({ kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "InferenceProvider" } }),
      want: "modeldeployments.hawsepipe.dev has no kind InferenceProvider.hawsepipe.dev",
    },
    {
      says: "an object of another version than announced",
      body: aReview({ object: anOldModelDeployment() }),
      want: "request.object is not a ModelDeployment of hawsepipe.dev/v1alpha2",
    },
  ])("$says", async ({ body, want }) => {
    expect(await mutate([], body)).toEqual({ badRequest: want });
    expect(await validate([], body)).toEqual({ badRequest: want });
  });
});

describe("short forms kube-apiserver hands on", () => {
  const aStackReview = (version: string, spec: JsonObject): JsonObject => {
    const kind = { group: "hawsepipe.dev", version, kind: "LlamaStackDistribution" };
    const resource = { group: "hawsepipe.dev", version, resource: "llamastackdistributions" };
    const metadata = { name: "chat", namespace: "n" };
    const object = { apiVersion: `hawsepipe.dev/${version}`, kind: kind.kind, metadata, spec };
    return aReview({ kind, resource, operation: "CREATE", name: "chat", object, oldObject: null });
  };

  test("become canonical before the schema sees them", async () => {
    const spec = {
      distribution: { name: "starter" },
      networking: { expose: true },
      resources: { models: ["m"] },
    };
    const body = aStackReview("v1alpha2", spec);
    expect(patchOf(responseOf(await mutate([], body)))).toEqual([
      { op: "replace", path: "/spec/networking/expose", value: { enabled: true } },
      { op: "replace", path: "/spec/resources/models/0", value: { name: "m" } },
    ]);
  });

  test.each([
    { version: "v1alpha2", spec: { distribution: { name: "starter" } } },
    { version: "v1alpha1", spec: { replicas: 1, server: { distribution: { name: "starter" } } } },
  ])("an object of $version without any stays as it is", async ({ version, spec }) => {
    expect(patchOf(responseOf(await mutate([], aStackReview(version, spec))))).toEqual([]);
  });
});

describe("mutating", () => {
  const setReplicas = aPlugin(({ object }) => {
    setPath(object as JsonObject, ["spec", "serving", "replicas"], 3);
  });

  test("answers the uid and nothing more when nothing changes", async () => {
    const plugin = aPlugin(() => undefined);
    expect(await mutate([plugin], aReview())).toEqual({
      review: {
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid: "705ab4f5-6393-11e8-b7cc-42010a800002", allowed: true },
      },
    });
  });

  test("answers what plugins changed as a patch", async () => {
    const response = responseOf(await mutate([setReplicas], aReview()));
    expect(response).toMatchObject({ allowed: true, patchType: "JSONPatch" });
    expect(patchOf(response)).toEqual([{ op: "add", path: "/spec/serving", value: { replicas: 3 } }]);
  });

  test("leaves the object of the request alone", async () => {
    const body = aReview();
    const before = cloneJson(body);
    await mutate([setReplicas], body);
    expect(body).toEqual(before);
  });

  test("shows plugins the hub version and answers the patch in the version that came", async () => {
    const seen = aPlugin(() => undefined);
    const object = anOldModelDeployment({ scaling: { replicas: 2 } });
    const body = aReview({
      kind: { group: "hawsepipe.dev", version: "v1alpha1", kind: "ModelDeployment" },
      resource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "modeldeployments" },
      object,
    });
    const response = responseOf(await mutate([seen, setReplicas], body));
    expect(getPath(seen.seen[0]?.object, "apiVersion")).toBe("hawsepipe.dev/v1alpha2");
    expect(seen.seen[0]?.requestVersion).toBe("v1alpha1");
    expect(seen.seen[0]?.kind.version).toBe("v1alpha2");
    expect(patchOf(response)).toEqual([{ op: "replace", path: "/spec/scaling/replicas", value: 3 }]);
    expect(getPath(applyJsonPatch(object, patchOf(response) as never), "spec", "scaling", "replicas")).toBe(
      3,
    );
  });

  test("a v1alpha1 object nobody changes gets no patch", async () => {
    const body = aReview({
      kind: { group: "hawsepipe.dev", version: "v1alpha1", kind: "ModelDeployment" },
      resource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "modeldeployments" },
      object: anOldModelDeployment({ image: "registry/image:1", env: [{ name: "A", value: "b" }] }),
    });
    const response = responseOf(await mutate([aPlugin(() => undefined)], body));
    expect(response).toEqual({ uid: "705ab4f5-6393-11e8-b7cc-42010a800002", allowed: true });
  });

  test("says field paths in the client's version although the webhook got the hub version", async () => {
    const plugin = aPlugin((attributes) => {
      throw invalid(attributes.kind, attributes.name, [
        invalidField(attributes.clientPath("spec.serving.replicas"), 99, "too many"),
      ]);
    });
    const body = aReview({
      requestKind: { group: "hawsepipe.dev", version: "v1alpha1", kind: "ModelDeployment" },
      requestResource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "modeldeployments" },
    });
    expect(responseOf(await mutate([plugin], body)).status).toEqual({
      status: "Failure",
      code: 422,
      reason: "Invalid",
      message:
        'ModelDeployment.hawsepipe.dev "demo" is invalid: spec.scaling.replicas: Invalid value: 99: too many',
      details: {
        name: "demo",
        group: "hawsepipe.dev",
        kind: "ModelDeployment",
        causes: [
          {
            reason: "FieldValueInvalid",
            message: "Invalid value: 99: too many",
            field: "spec.scaling.replicas",
          },
        ],
      },
    });
  });

  test("passes the user, the options, the old object and dry run on", async () => {
    const plugin = aPlugin(() => undefined);
    const oldObject = aModelDeployment();
    const extra = { "scopes/a": ["x", "y"] };
    await mutate(
      [plugin],
      aReview({ operation: "UPDATE", oldObject, dryRun: true, userInfo: { username: "bob", extra } }),
    );
    expect(plugin.seen[0]).toMatchObject({
      operation: "UPDATE",
      user: { name: "bob", groups: [], extra },
      oldObject,
      dryRun: true,
      namespace: "team-a",
      name: "demo",
      options: { kind: "CreateOptions" },
    });
  });

  test("stops at the first refusal and keeps what was warned of before", async () => {
    const warns = aPlugin((attributes) => {
      attributes.warn("mind the gap");
      attributes.warn("mind the gap");
    });
    const refuses = aPlugin(() => {
      throw forbidden({ group: "hawsepipe.dev", resource: "modeldeployments" }, "demo", "no");
    });
    const after = aPlugin(() => undefined);
    const response = responseOf(await mutate([warns, refuses, after], aReview()));
    expect(response).toMatchObject({ allowed: false, status: { code: 403 }, warnings: ["mind the gap"] });
    expect(response.patch).toBeUndefined();
    expect(after.seen).toEqual([]);
  });

  test("writes audit annotations without a prefix, which kube-apiserver adds", async () => {
    const plugin = aPlugin((attributes) => {
      attributes.annotate("hawsepipe.dev/provider", "vllm");
      attributes.annotate("engine", "vllm");
    });
    expect(responseOf(await mutate([plugin], aReview())).auditAnnotations).toEqual({
      provider: "vllm",
      engine: "vllm",
    });
  });

  test("a host that is away is a refusal with its code, an error of ours is none", async () => {
    const away = aPlugin(() => {
      throw serviceUnavailable("the host is away", 5);
    });
    expect(responseOf(await mutate([away], aReview())).status).toMatchObject({
      code: 503,
      reason: "ServiceUnavailable",
      details: { retryAfterSeconds: 5 },
    });
    const broken = aPlugin(() => {
      throw new TypeError("x is not a function");
    });
    await expect(mutate([broken], aReview())).rejects.toThrow("x is not a function");
  });

  test("does not look for changes where plugins only refuse", async () => {
    const sneaky = { ...setReplicas, onlyRefuses: true };
    expect(responseOf(await mutate([sneaky], aReview())).patch).toBeUndefined();
  });

  test("integers beyond 2^53 survive", async () => {
    const plugin = aPlugin(({ object }) => {
      setPath(object as JsonObject, ["spec", "big"], 9007199254740993n);
    });
    const { patch = "" } = responseOf(await mutate([plugin], aReview()));
    expect(Buffer.from(patch, "base64").toString()).toContain('"value":9007199254740993');
  });
});

describe("validating", () => {
  test("allows without a patch", async () => {
    const plugin = aPlugin(() => undefined);
    expect(responseOf(await validate([plugin], aReview()))).toEqual({
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      allowed: true,
    });
    expect(plugin.seen).toHaveLength(1);
  });

  test("a deletion has an old object only", async () => {
    const plugin = aPlugin(() => undefined);
    await validate([plugin], aReview({ operation: "DELETE", object: null, oldObject: aModelDeployment() }));
    expect(plugin.seen[0]?.object).toBeUndefined();
    expect(getPath(plugin.seen[0]?.oldObject, "kind")).toBe("ModelDeployment");
  });

  const scale = (replicas: number): Parameters<typeof aReview>[0] => ({
    operation: "UPDATE",
    subResource: "scale",
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    object: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "demo" }, spec: { replicas } },
    oldObject: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "demo" }, spec: {} },
  });

  test("a scale is judged as the object it makes", async () => {
    const plugin = aPlugin(() => undefined);
    const parent = aModelDeployment({ serving: { replicas: 1 } });
    expect(responseOf(await validate([plugin], aReview(scale(7)), parent)).allowed).toBe(true);
    expect(plugin.seen[0]?.subresource).toBe("scale");
    expect(getPath(plugin.seen[0]?.object, "spec", "serving", "replicas")).toBe(7);
    expect(getPath(plugin.seen[0]?.oldObject, "spec", "serving", "replicas")).toBe(1);
  });

  test("a scale of nothing is not found", async () => {
    expect(responseOf(await validate([], aReview(scale(1)))).status).toMatchObject({
      code: 404,
      reason: "NotFound",
    });
  });

  test("a kind of one version needs no converter", async () => {
    const plugin = aPlugin(() => undefined);
    const provider = {
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "InferenceProvider",
      metadata: { name: "vllm" },
    };
    const body = aReview({
      kind: { group: "hawsepipe.dev", version: "v1alpha1", kind: "InferenceProvider" },
      resource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "inferenceproviders" },
      namespace: "",
      object: provider,
    });
    expect(responseOf(await validate([plugin], body)).allowed).toBe(true);
    expect(plugin.seen[0]?.object).toEqual(provider);
  });
});
