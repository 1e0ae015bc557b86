/**
 * What kubectl does with the v2 document, which it asks for only as protobuf: it validates Lists with it, and looks up
 * kinds in it that it does not find in the v3 documents.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kubectl } from "../../support/kubectl.ts";
import { kubectlFor, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let kubectl: Kubectl;
let run: ReturnType<typeof succeeding>;

beforeAll(async () => {
  server = await startStandalone();
  kubectl = kubectlFor(server.kubeconfig);
  run = succeeding(kubectl);
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

const listOf = (...items: readonly object[]): object => ({ apiVersion: "v1", kind: "List", items });
const lines = (text: string): string[] => text.trimEnd().split("\n");

const withAnchors = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: &first {name: anchored-a, namespace: default, labels: &labels {team: search}}
  data: &data {greeting: hello}
- apiVersion: v1
  kind: ConfigMap
  metadata: {<<: *first, name: anchored-b}
  data: *data
- apiVersion: hawsepipe.dev/v1alpha2
  kind: ModelDeployment
  metadata: {name: anchored-c, namespace: default, labels: *labels}
  spec:
    model: {id: Qwen/Qwen3-0.6B}
    engine: {type: vllm}
    provider: {name: vllm}
    serving: {resources: {gpu: {count: 1}}}
`;

describe("kubectl applies a List", () => {
  test("of several kinds, and again with a change", async () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "in-list" } };
    const stringData = { token: "a" };
    expect(lines(await run("apply -f -", listOf({ ...secret, stringData }, aDeployment("in-list"))))).toEqual(
      ["secret/in-list created", "modeldeployment.hawsepipe.dev/in-list created"],
    );
    const changed = aDeployment("in-list", { serving: { replicas: 2, resources: { gpu: { count: 1 } } } });
    expect(lines(await run("apply -f -", listOf(changed)))).toEqual([
      "modeldeployment.hawsepipe.dev/in-list configured",
    ]);
    const replicas = ["get", "modeldeployment", "in-list", "-o", "jsonpath={.spec.serving.replicas}"];
    expect(await run(replicas)).toBe("2");
    expect(lines(await run("apply -f -", listOf(changed)))).toEqual([
      "modeldeployment.hawsepipe.dev/in-list unchanged",
    ]);
  });

  test("on the server's side", async () => {
    expect(await run("apply --server-side -f -", listOf(aDeployment("in-list-ssa")))).toBe(
      "modeldeployment.hawsepipe.dev/in-list-ssa serverside-applied\n",
    );
  });

  test("with YAML anchors and merge keys", async () => {
    expect(lines(await run("apply -f -", withAnchors))).toEqual([
      "configmap/anchored-a created",
      "configmap/anchored-b created",
      "modeldeployment.hawsepipe.dev/anchored-c created",
    ]);
    const names = await run("get configmaps,modeldeployments -l team=search -o name");
    expect(lines(names)).toHaveLength(3);
    const greeting = ["get", "configmap", "anchored-b", "-o", "jsonpath={.data.greeting}"];
    expect(await run(greeting)).toBe("hello");
  });

  test.each([
    {
      spec: { engine: { typo: 1 } },
      want: 'unknown field "typo" in dev.hawsepipe.v1alpha2.ModelDeployment.spec.engine',
    },
    {
      spec: { serving: { replicas: "two", resources: { gpu: { count: 1 } } } },
      want: 'invalid type for dev.hawsepipe.v1alpha2.ModelDeployment.spec.serving.replicas: got "string", expected "integer"',
    },
  ])("unless the v2 document says of an item: $want", async ({ spec, want }) => {
    const { code, stderr } = await kubectl("apply -f -", listOf(aDeployment("bad", spec)));
    expect([code, stderr]).toEqual([1, expect.stringContaining(want)]);
    expect((await kubectl("get modeldeployment bad")).stderr).toContain("NotFound");
  });
});

describe("kubectl says that the server does not know", () => {
  const named = { metadata: { name: "absent" } };
  test.each([
    { what: "a group", apiVersion: "airunway.ai/v1alpha1", kind: "ModelDeployment" },
    { what: "a version", apiVersion: "hawsepipe.dev/v1", kind: "ModelDeployment" },
    {
      what: "the definitions of custom kinds",
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
    },
  ])("$what", async ({ apiVersion, kind }) => {
    const want = `no matches for kind "${kind}" in version "${apiVersion}"`;
    for (const args of ["apply -f -", "apply --server-side -f -", "create -f -", "delete -f -"]) {
      const { code, stderr } = await kubectl(args, { apiVersion, kind, ...named });
      expect([code, args, stderr]).toEqual([1, args, expect.stringContaining(want)]);
      expect(stderr).toContain("ensure CRDs are installed first");
    }
  });

  test("a kind of a group and version that it serves", async () => {
    const pod = { apiVersion: "v1", kind: "Pod", ...named };
    const { code, stderr } = await kubectl("apply --validate=false -f -", pod);
    expect(code).toBe(1);
    expect(stderr).toContain('no matches for kind "Pod" in version "v1"');
  });
});

describe("kubectl explain out of the v2 document", () => {
  test.each([
    {
      field: "modeldeployment",
      want: ["KIND:     ModelDeployment", "VERSION:  hawsepipe.dev/v1alpha2", "spec\t<Object>"],
    },
    { field: "modeldeployment.spec.model", want: ["RESOURCE: model <Object>", "id\t<string>"] },
    { field: "modeldeployment.metadata.labels", want: ["FIELD:    labels <map[string]string>"] },
    { field: "secret.data", want: ["FIELD:    data <map[string]string>"] },
    { field: "workspace", want: ["KIND:     Workspace", "VERSION:  kaito.sh/v1beta1"] },
  ])("describes $field", async ({ field, want }) => {
    const printed = await run(`explain ${field} --output=plaintext-openapiv2`);
    for (const text of want) expect(printed).toContain(text);
  });

  test("knows what it does not know", async () => {
    const { code, stderr } = await kubectl(
      "explain modeldeployment.spec.absent --output=plaintext-openapiv2",
    );
    expect([code, stderr]).toEqual([1, 'error: field "absent" does not exist\n']);
  });
});

describe("kubectl leaves field validation to the server", () => {
  test("for a kind it found in the v3 documents, without asking for v2", async () => {
    const { stderr } = await kubectl("apply -v=6 -f -", aDeployment("probed"));
    expect(stderr).toMatch(/modeldeployments\?[^"\s]*fieldValidation=Strict/);
    expect(stderr).toContain("/openapi/v3/apis/hawsepipe.dev/v1alpha2");
    expect(stderr).not.toContain("/openapi/v2");
  });
});
