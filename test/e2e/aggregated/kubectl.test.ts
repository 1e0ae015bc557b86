/** Through a real kube-apiserver, as people use it: registration, namespace RBAC, owner references, namespaces. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster } from "../../support/cluster.ts";
import { granted, startCluster, usable } from "../../support/cluster.ts";
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
    await usable(cluster);
    admin = succeeding(cluster.admin);
    for (const namespace of ["team-a", "team-b"]) await admin(`create namespace ${namespace}`);
    await admin("create rolebinding alice --clusterrole=edit --user=alice -n team-a");
    alice = kubectlFor(await cluster.userKubeconfig("alice", ["team-a"]));
    // What edit has of view comes by another step of the controller that puts roles together.
    for (const verb of ["create", "get"]) {
      await granted(alice, `${verb} modeldeployments.hawsepipe.dev -n team-a`);
    }
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

  test("kubectl get apiservice says that both are available", async () => {
    const table = await admin("get apiservice v1alpha1.hawsepipe.dev v1alpha2.hawsepipe.dev --no-headers");
    const rows = table.trimEnd().split("\n");
    expect(rows.map((row) => row.split(/\s+/).slice(0, 3))).toEqual([
      ["v1alpha1.hawsepipe.dev", "hawsepipe-system/hawsepipe", "True"],
      ["v1alpha2.hawsepipe.dev", "hawsepipe-system/hawsepipe", "True"],
    ]);
  });

  describe("in the OpenAPI documents of the cluster", () => {
    interface Schema {
      readonly "x-kubernetes-group-version-kind"?: readonly Readonly<Record<string, string>>[];
    }
    const kindsOf = (schemas: Readonly<Record<string, Schema>>): string[] =>
      Object.values(schemas)
        .flatMap((schema) => schema["x-kubernetes-group-version-kind"] ?? [])
        .map(({ group, version, kind }) => `${group ?? ""}/${version ?? ""} ${kind ?? ""}`);
    const ours = [
      "hawsepipe.dev/v1alpha1 ModelDeployment",
      "hawsepipe.dev/v1alpha2 ModelDeployment",
      "hawsepipe.dev/v1alpha1 InferenceProvider",
    ];
    const item = (version: string): string =>
      `/apis/hawsepipe.dev/${version}/namespaces/{namespace}/modeldeployments/{name}`;

    test("v2 has our kinds and their paths beside all others", async () => {
      // kube-apiserver merges the documents of its APIServices a moment after they become available.
      const document = await eventually("our kinds", async () => {
        const read = JSON.parse(await admin("get --raw /openapi/v2")) as {
          swagger: string;
          definitions: Readonly<Record<string, Schema>>;
          paths: object;
        };
        return item("v1alpha1") in read.paths && item("v1alpha2") in read.paths ? read : undefined;
      });
      expect(document.swagger).toBe("2.0");
      expect(kindsOf(document.definitions)).toEqual(
        expect.arrayContaining([...ours, "apps/v1 Deployment", "/v1 Pod", "storage.hawsepipe.dev/v1 Record"]),
      );
      for (const path of ["/api/v1/namespaces/{namespace}/pods", "/apis/apps/v1/deployments", "/version/"]) {
        expect(document.paths).toHaveProperty([path]);
      }
      const references = JSON.stringify(document).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
      const dangling = [...references].filter(([, name = ""]) => !(name in document.definitions));
      expect(dangling.map(([, name]) => name)).toEqual([]);
    }, 120_000);

    test("v3 has a document for each of our versions, and those of all other groups", async () => {
      // They come into the index by a controller of their own, a moment after the APIServices are available.
      const versions = ["v1alpha1", "v1alpha2"];
      const paths = await eventually("the documents in the index", async () => {
        const index = JSON.parse(await admin("get --raw /openapi/v3")) as {
          paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
        };
        const isThere = (version: string): boolean => `apis/hawsepipe.dev/${version}` in index.paths;
        return versions.every(isThere) ? index.paths : undefined;
      });
      for (const other of ["api/v1", "apis/apps/v1", "apis/storage.hawsepipe.dev/v1"]) {
        expect(paths).toHaveProperty([other]);
      }
      const found: string[] = [];
      for (const version of versions) {
        const url = paths[`apis/hawsepipe.dev/${version}`]?.serverRelativeURL ?? "";
        // The hash in the URL is what lets clients keep the document.
        expect(url).toContain("?hash=");
        const document = JSON.parse(await admin(["get", "--raw", url])) as {
          openapi: string;
          paths: object;
          components: { schemas: Readonly<Record<string, Schema>> };
        };
        expect(document.openapi).toBe("3.0.0");
        expect(document.paths).toHaveProperty([item(version)]);
        found.push(...kindsOf(document.components.schemas));
      }
      expect(found).toEqual(expect.arrayContaining(ours));
    });

    test("kubectl explain finds the fields of both versions, in either document", async () => {
      const field = "modeldeployment.spec.model.id";
      const old = "modeldeployment.spec.scaling.replicas --api-version=hawsepipe.dev/v1alpha1";
      expect(await explained(field)).toContain("FIELD: id <string>");
      expect(await explained(old)).toContain("FIELD: replicas <integer>");
      expect(await explained(`${field} --output=plaintext-openapiv2`)).toContain("FIELD:    id <string>");
      expect(await explained("deployment.spec.replicas")).toContain("FIELD: replicas <integer>");
      const wrong = await eventually("the answer for a field there is not", async () => {
        const { stderr } = await cluster.admin("explain modeldeployment.spec.scaling");
        return stderr.includes("couldn't find resource") ? undefined : stderr;
      });
      expect(wrong).toContain('field "scaling" does not exist');
    });

    /** kube-apiserver's index is without the documents of an APIService for a moment while it reads them anew. */
    const explained = (what: string): Promise<string> =>
      eventually(`an explanation of ${what}`, async () => {
        const { code, stdout } = await cluster.admin(`explain ${what}`);
        return code === 0 ? stdout : undefined;
      });
  });

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
    await admin("wait --for=delete namespace/brief --timeout=120s");
  });

  test("a namespace that does not exist takes nothing", async () => {
    const { stderr } = await cluster.admin("create -f -", deployment("x", "nowhere"));
    expect(stderr).toContain('namespaces "nowhere" not found');
  });
});
