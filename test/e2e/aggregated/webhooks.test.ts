/** The cluster's admission webhooks, asked by a server kube-apiserver runs no admission for. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster } from "../../support/cluster.ts";
import { startCluster, usable } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import type { KubectlResult } from "../../support/kubectl.ts";
import type { WebhookServer } from "../../support/webhook-server.ts";
import { startWebhookServer } from "../../support/webhook-server.ts";

const reason = noControlPlane();

const deployment = (name: string, version = "v1alpha2"): object => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "ModelDeployment",
  metadata: { name, namespace: "team-a", labels: { app: name } },
  spec: {
    model: { id: "Qwen/Qwen3-0.6B" },
    engine: { type: "vllm" },
    provider: { name: "vllm" },
    ...(version === "v1alpha2"
      ? { serving: { resources: { gpu: { count: 1 } } } }
      : { resources: { gpu: { count: 1 } } }),
  },
});

const patchOf = (...operations: object[]): object => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

describe.skipIf(reason !== undefined)("the cluster's webhooks on our kinds", () => {
  let cluster: Cluster;
  let hook: WebhookServer;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;
  let serial = 0;

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.startReplica();
    await usable(cluster);
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    hook = await startWebhookServer();
  });
  afterEach(async () => {
    hook.answer = () => ({ allowed: true });
    await admin("delete mutatingwebhookconfigurations,validatingwebhookconfigurations -l test=yes");
    await admin("delete mdep --all -n team-a");
    // The server sees the deletion of configurations a moment later.
    await eventually("no webhook is asked", async () => {
      hook.asked.length = 0;
      await admin("create --dry-run=server -f -", deployment("probe"));
      return hook.asked.length === 0 ? true : undefined;
    });
  });
  afterAll(async () => {
    await hook.close();
    await cluster.close();
  });

  /** Registers webhooks and waits until the server asks them. */
  async function register(kind: "Mutating" | "Validating", ...webhooks: object[]): Promise<void> {
    serial += 1;
    // Its own, or the probe of a configuration that was just deleted would speak for this one.
    const probed = `/probe-${String(serial)}`;
    const full = webhooks.map((webhook, i) => ({
      name: `w${String(i)}.example.com`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      timeoutSeconds: 30,
      clientConfig: { url: `${hook.url}/w${String(i)}`, caBundle: hook.caBundle },
      rules: [
        {
          apiGroups: ["hawsepipe.dev"],
          apiVersions: ["*"],
          resources: ["modeldeployments", "modeldeployments/scale"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
      ],
      ...webhook,
    }));
    const metadata = { name: `test-${String(serial)}`, labels: { test: "yes" } };
    const probe = {
      ...(full[0] as object),
      name: "probe.example.com",
      matchConditions: [{ name: "probe", expression: 'request.name == "probe"' }],
      clientConfig: { url: `${hook.url}${probed}`, caBundle: hook.caBundle },
      failurePolicy: "Ignore",
      objectSelector: {},
      namespaceSelector: {},
    };
    await admin("create -f -", {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: `${kind}WebhookConfiguration`,
      metadata,
      webhooks: [...full, probe],
    });
    const real = hook.answer;
    hook.answer = () => ({ allowed: true });
    await eventually("the webhook is known", async () => {
      await cluster.admin("create --dry-run=server -f -", deployment("probe"));
      return hook.asked.some(({ path }) => path === probed) ? true : undefined;
    });
    hook.asked.length = 0;
    hook.answer = real;
  }

  const create = (name: string, ...flags: string[]): Promise<KubectlResult> =>
    cluster.admin(["create", "-f", "-", ...flags], deployment(name));
  const read = (name: string, jsonpath: string): Promise<string> =>
    admin(["get", "mdep", name, "-n", "team-a", "-o", `jsonpath=${jsonpath}`]);

  test("a validating webhook refuses with its own words, and is told everything about the write", async () => {
    hook.answer = () => ({
      allowed: false,
      status: { code: 403, message: "not on a friday", reason: "Forbidden" },
    });
    await register("Validating", {});
    const { code, stderr } = await create("no");
    expect(code).toBe(1);
    expect(stderr).toContain('admission webhook "w0.example.com" denied the request: not on a friday');
    expect(hook.asked[0]?.request).toMatchObject({
      operation: "CREATE",
      name: "no",
      namespace: "team-a",
      dryRun: false,
      kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "ModelDeployment" },
      resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" },
      requestKind: { version: "v1alpha2" },
      userInfo: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      oldObject: null,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    });
    expect(hook.asked[0]?.request.object?.spec).toMatchObject({ model: { source: "huggingface" } });
  });

  test("a mutating webhook's patch is defaulted, pruned, validated and stored", async () => {
    hook.answer = () =>
      patchOf(
        { op: "add", path: "/metadata/labels/team", value: "a" },
        { op: "add", path: "/spec/serving/replicas", value: 3 },
        { op: "add", path: "/spec/nonsense", value: true },
      );
    await register("Mutating", {});
    expect((await create("yes")).stderr).toBe("");
    expect(await read("yes", "{.metadata.labels.team}{.spec.serving.replicas}{.spec.nonsense}")).toBe("a3");
    hook.answer = () => patchOf({ op: "add", path: "/spec/serving/replicas", value: -1 });
    expect((await create("invalid")).stderr).toContain("spec.serving.replicas");
    hook.answer = () => patchOf({ op: "remove", path: "/spec/not/there" });
    expect((await create("broken")).stderr).toContain("Internal error occurred");
  });

  test("a webhook that knows another version only is asked in that version", async () => {
    hook.answer = (_path, request) =>
      request.operation === "CREATE"
        ? patchOf({ op: "add", path: "/spec/scaling/replicas", value: 2 })
        : { allowed: true };
    const rules = [
      {
        apiGroups: ["hawsepipe.dev"],
        apiVersions: ["v1alpha1"],
        resources: ["modeldeployments"],
        operations: ["CREATE"],
      },
    ];
    await register("Mutating", { rules, matchPolicy: "Equivalent" });
    expect((await create("other")).stderr).toBe("");
    expect(hook.asked[0]?.request).toMatchObject({
      kind: { version: "v1alpha1" },
      requestKind: { version: "v1alpha2" },
    });
    expect(await read("other", "{.spec.serving.replicas}")).toBe("2");
  });

  test.each([
    ["does not answer in time", "hang", "context deadline exceeded"],
    ["closes the connection", "close", "failed to call webhook"],
    ["answers 500", "error", "an error on the server"],
    ["answers another review", "other-uid", "expected response.uid"],
  ] as const)(
    "a webhook that %s refuses or is passed over, as its policy says",
    async (_says, answer, words) => {
      hook.answer = () => answer;
      // Whoever is not to be waited for has time to answer.
      const timeoutSeconds = answer === "hang" ? 1 : 30;
      await register("Validating", { failurePolicy: "Fail", timeoutSeconds });
      const failed = await create("strict");
      expect(failed.stderr).toContain('failed calling webhook "w0.example.com"');
      expect(failed.stderr).toContain(words);
      await admin("delete validatingwebhookconfigurations -l test=yes");
      await register("Validating", { failurePolicy: "Ignore", timeoutSeconds });
      expect((await create("lenient")).code).toBe(0);
      expect(hook.asked.length).toBeGreaterThan(0);
    },
  );

  test("a webhook is told that a write is a dry run", async () => {
    await register("Validating", {});
    expect((await create("dry", "--dry-run=server")).code).toBe(0);
    expect(hook.asked.at(-1)?.request.dryRun).toBe(true);
  });

  test("warnings reach the user", async () => {
    hook.answer = () => ({ allowed: true, warnings: ["mind the gap"] });
    await register("Validating", {});
    expect((await create("warned")).stderr).toContain("Warning: mind the gap");
  });

  test("selectors and conditions say who is asked", async () => {
    await register(
      "Validating",
      { objectSelector: { matchLabels: { app: "chosen" } } },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "elsewhere" } } },
      { matchConditions: [{ name: "big", expression: "object.spec.serving.replicas > 1" }] },
      { matchConditions: [{ name: "me", expression: 'request.userInfo.username == "admin"' }] },
    );
    const askedAbout = (name: string): string[] =>
      hook.asked
        .filter(({ request }) => request.name === name && request.operation === "CREATE")
        .map(({ path }) => path)
        .sort();
    await create("chosen");
    await create("another");
    expect(askedAbout("chosen")).toEqual(["/w0", "/w3"]);
    expect(askedAbout("another")).toEqual(["/w3"]);
  });

  test("a condition that cannot be told refuses or is passed over, as the policy says", async () => {
    // A condition that fails refuses before anybody is called, so the probe must not meet it.
    const expression = 'request.name != "probe" && object.spec.nothing.here == 1';
    const matchConditions = [{ name: "absent", expression }];
    await register("Validating", { matchConditions, failurePolicy: "Fail" });
    expect((await create("strict")).stderr).toContain("no such key");
    await admin("delete validatingwebhookconfigurations -l test=yes");
    await register("Validating", { matchConditions, failurePolicy: "Ignore" });
    expect((await create("lenient")).code).toBe(0);
    expect(hook.asked).toEqual([]);
  });

  test("mutating webhooks see each other's changes, and one that asks for it is asked again", async () => {
    const seen: string[] = [];
    hook.answer = (path, request) => {
      const labels = Object.keys((request.object?.metadata as { labels?: object }).labels ?? {});
      // The reconciler's own writes come as updates.
      if (request.operation === "CREATE") seen.push(`${path} ${labels.join(",")}`);
      return path === "/w1" && !labels.includes("late")
        ? patchOf({ op: "add", path: "/metadata/labels/late", value: "x" })
        : { allowed: true };
    };
    await register("Mutating", { reinvocationPolicy: "IfNeeded" }, {}, { reinvocationPolicy: "IfNeeded" });
    seen.length = 0;
    await create("twice");
    expect(seen).toEqual(["/w0 app", "/w1 app", "/w2 app,late", "/w0 app,late"]);
  });

  test("deletions are asked about, one by one in a collection", async () => {
    await create("first");
    await create("second");
    hook.answer = (_path, request) => ({
      allowed: request.operation !== "DELETE" || request.name !== "second",
    });
    await register("Validating", {});
    const one = await cluster.admin("delete mdep second -n team-a");
    expect(one.stderr).toContain("denied the request without explanation");
    expect(hook.asked.find(({ request }) => request.name === "second")?.request).toMatchObject({
      operation: "DELETE",
      object: null,
      oldObject: { kind: "ModelDeployment" },
    });
    expect((await cluster.admin("delete mdep first -n team-a")).code).toBe(0);
  });

  test("the server's own writes are those of its service account", async () => {
    await register("Validating", {});
    await create("reconciled");
    // The finalizer that came with it is the reconciler's to take away.
    await admin("delete mdep reconciled -n team-a");
    const asked = await eventually("the reconciler writes", () =>
      hook.asked.find(({ request }) => request.operation === "UPDATE"),
    );
    expect(asked.request.userInfo.username).toBe("system:serviceaccount:hawsepipe-system:hawsepipe");
    expect(asked.request.userInfo.groups).not.toContain("system:masters");
  });

  test("a change of scale is about a Scale", async () => {
    await create("scaled");
    hook.answer = (_path, request) =>
      request.subResource === "scale"
        ? patchOf({ op: "replace", path: "/spec/replicas", value: 5 })
        : { allowed: true };
    await register("Mutating", {});
    await admin("scale mdep scaled -n team-a --replicas=2");
    const asked = hook.asked.find(({ request }) => request.subResource === "scale");
    expect(asked?.request).toMatchObject({
      operation: "UPDATE",
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      object: { kind: "Scale", spec: { replicas: 2 } },
      oldObject: { spec: { replicas: 1 } },
    });
    expect(await read("scaled", "{.spec.serving.replicas}")).toBe("5");
  });
});
