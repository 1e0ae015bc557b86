/** Through a real kube-apiserver, as people use it: registration, namespace RBAC, owner references, namespaces. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../../support/cluster.ts";
import { available, noControlPlane, startCluster } from "../../support/cluster.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import { repository } from "../../support/standalone.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: object;
  readonly spec: { readonly template?: { readonly spec: object } };
}

const reason = noControlPlane();
if (reason !== undefined) console.warn(`skipped: ${reason}`);

const deployment = (name: string, namespace: string, spec: object = {}): object => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  metadata: { name, namespace },
  spec: {
    model: { id: "Qwen/Qwen3-0.6B" },
    engine: { type: "vllm" },
    provider: { name: "vllm" },
    serving: { resources: { gpu: { count: 1 } } },
    ...spec,
  },
});

describe.skipIf(reason !== undefined)("a server registered with a real kube-apiserver", () => {
  let cluster: Cluster;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;
  let alice: Kubectl;

  beforeAll(async () => {
    cluster = await startCluster({ controllerManager: true });
    await cluster.startReplica();
    await available(cluster);
    admin = succeeding(cluster.admin);
    for (const namespace of ["team-a", "team-b"]) await admin(`create namespace ${namespace}`);
    await admin("create rolebinding alice --clusterrole=edit --user=alice -n team-a");
    alice = kubectlFor(await cluster.userKubeconfig("alice", ["team-a"]));
    await eventually("edit has our kinds", async () => {
      const { stdout } = await alice("auth can-i create modeldeployments.hawsepipe.dev -n team-a");
      return stdout.trim() === "yes" ? true : undefined;
    });
  });
  afterAll(async () => {
    await cluster.close();
  });

  test("both versions are available, and the preferred one is announced first", async () => {
    const versions = JSON.parse(await admin("get --raw /apis/hawsepipe.dev")) as {
      preferredVersion: { version: string };
      versions: { version: string }[];
    };
    expect(versions.preferredVersion.version).toBe("v1alpha2");
    expect(versions.versions.map(({ version }) => version)).toEqual(["v1alpha2", "v1alpha1"]);
  });

  test("what needs a container to run is taken too, under the restricted pod security of its namespace", async () => {
    const rendered = await admin(["kustomize", path.join(repository, "manifests/aggregated")]);
    const objects = rendered
      .split(/^---$/m)
      .map((text) => decodeYaml(text).value as unknown as Manifest)
      .filter(({ kind }) => kind === "Deployment" || kind === "Service");
    expect(objects.map(({ kind }) => kind).sort()).toEqual(["Deployment", "Service"]);
    const pods = objects.flatMap(({ metadata, spec }) =>
      spec.template === undefined ? [] : [{ ...spec.template, apiVersion: "v1", kind: "Pod", metadata }],
    );
    for (const object of [...objects, ...pods]) {
      const metadata = { ...object.metadata, name: "as-installed" };
      const answer = await cluster.admin("create --dry-run=server --validate=strict -f -", {
        ...object,
        metadata,
      });
      expect([object.kind, answer.stderr]).toEqual([object.kind, ""]);
    }
  });

  test("kubectl explain and the cluster's OpenAPI know our kinds", async () => {
    await eventually("explain", async () =>
      (await cluster.admin("explain modeldeployment.spec.model.id")).code === 0 ? true : undefined,
    );
    expect(await admin("explain modeldeployment.spec.model.id")).toContain("FIELD: id <string>");
    await eventually("OpenAPI v2", async () => {
      const document = JSON.parse(await admin("get --raw /openapi/v2")) as { definitions: object };
      return Object.keys(document.definitions).some((name) => name.endsWith(".ModelDeployment"))
        ? true
        : undefined;
    });
  }, 120_000);

  test("an ordinary user works in his namespace and is refused in another", async () => {
    const ok = succeeding(alice);
    expect(await ok("apply -f -", deployment("one", "team-a"))).toContain("created");
    await eventually("the reconciler's word", async () =>
      /one\s+Deploying\s+vllm\s+vllm/.test(await ok("get mdep -n team-a")) ? true : undefined,
    );
    expect(
      await ok(
        "get modeldeployments.v1alpha1.hawsepipe.dev one -n team-a -o jsonpath={.spec.scaling.replicas}",
      ),
    ).toBe("1");
    await ok("scale mdep one -n team-a --replicas=3");
    await ok([
      "patch",
      "mdep",
      "one",
      "-n",
      "team-a",
      "--type=merge",
      "-p",
      '{"metadata":{"labels":{"a":"b"}}}',
    ]);
    expect(await ok("get mdep -n team-a -l a=b -o jsonpath={.items[0].spec.serving.replicas}")).toBe("3");
    const list = JSON.parse(
      await ok("get --raw /apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments/one/manifests"),
    ) as { items: { kind: string }[] };
    expect(list.items.map(({ kind }) => kind)).toEqual(["Deployment", "Service"]);

    const refused = await alice("apply -f -", deployment("one", "team-b"));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'User "alice" cannot get resource "modeldeployments" in API group "hawsepipe.dev" in the namespace "team-b"',
    );
    const everywhere = await alice("get mdep -A");
    expect(everywhere.stderr).toContain("at the cluster scope");
  });

  test("a mistake is told in the answer, with its path", async () => {
    const wrong = await alice("apply -f -", deployment("wrong", "team-a", { serving: { replicas: -1 } }));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("spec.serving.replicas");
  });

  test("free-form settings take a right of their own", async () => {
    const override = { provider: { name: "vllm", overrides: { spec: { minReadySeconds: 5 } } } };
    const refused = await alice("apply -f -", deployment("free", "team-a", override));
    expect(refused.stderr).toContain("override");
    expect(await admin("apply -f -", deployment("free", "team-a", override))).toContain("created");
    await admin("delete mdep free -n team-a");
  });

  test("rendered objects belong to their deployment, and go with it", async () => {
    const owner = await eventually("the rendered Deployment", async () => {
      const { stdout } = await cluster.admin(
        "get deploy one -n team-a -o jsonpath={.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name}",
      );
      return stdout === "" ? undefined : stdout;
    });
    expect(owner).toBe("ModelDeployment/one");
    await succeeding(alice)("delete mdep one -n team-a --timeout=60s");
    await eventually("nothing left", async () =>
      (await admin("get deploy,svc,rs -n team-a -o name")) === "" ? true : undefined,
    );
  });

  test("a namespace with our objects goes away, and nothing new comes into it meanwhile", async () => {
    await admin("create namespace brief");
    await admin("apply -f -", deployment("there", "brief"));
    await admin([
      "patch",
      "mdep",
      "there",
      "-n",
      "brief",
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":["test/hold","hawsepipe.dev/cleanup"]}}',
    ]);
    await admin("delete namespace brief --wait=false");
    await eventually("refused while it terminates", async () => {
      const { stderr } = await cluster.admin("create -f -", deployment("late", "brief"));
      return stderr.includes("because it is being terminated") ? true : undefined;
    });
    await admin([
      "patch",
      "mdep",
      "there",
      "-n",
      "brief",
      "--type=json",
      "-p",
      '[{"op":"remove","path":"/metadata/finalizers/0"}]',
    ]);
    await admin("wait --for=delete namespace/brief --timeout=60s");
  });

  test("a namespace that does not exist takes nothing", async () => {
    const { stderr } = await cluster.admin("create -f -", deployment("x", "nowhere"));
    expect(stderr).toContain('namespaces "nowhere" not found');
  });
});
