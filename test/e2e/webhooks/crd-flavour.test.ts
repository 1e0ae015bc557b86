import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { CrdFlavour } from "../../support/crd-flavour.ts";
import { startCrdFlavour } from "../../support/crd-flavour.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";

const why = noControlPlane(["kube-controller-manager", "kubectl"]);
if (why !== undefined) console.warn(`skipped: the CRD flavour in a real control plane (${why})`);

describe.skipIf(why !== undefined)("the CRD flavour behind a real kube-apiserver", () => {
  let flavour: CrdFlavour;
  let stop = async (): Promise<void> => undefined;
  let admin: ReturnType<typeof succeeding>;
  let tenant: Kubectl;
  const as = (kubectl: Kubectl) => succeeding(kubectl);

  beforeAll(async () => {
    flavour = await startCrdFlavour();
    stop = () => flavour.stop();
    admin = succeeding(flavour.admin);
    await admin("create namespace team-a");
    await admin("create rolebinding team-a --clusterrole=edit --group=team-a -n team-a");
    tenant = await flavour.as("ann", ["team-a"]);
    await eventually("the roles to be aggregated", async () => {
      const { stdout } = await tenant("auth can-i create modeldeployments -n team-a");
      return stdout.trim() === "yes" ? true : undefined;
    });
  });
  afterAll(async () => {
    await stop();
  });

  /** Creates, and answers the object or kubectl's refusal. */
  const create = (object: object, ...flags: string[]) =>
    tenant(["create", "-f", "-", "-o", "json", ...flags], object);
  const v1alpha1 = (name: string, spec: object = {}): object => ({
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "ModelDeployment",
    metadata: { name, namespace: "team-a" },
    spec: { model: { id: "Qwen/Qwen3-0.6B" }, ...spec },
  });

  describe("mutating", () => {
    test("defaults and chooses what was left open", async () => {
      const object = { ...aDeployment("chosen", {}, "team-a"), spec: { model: { id: "Qwen/Qwen3-0.6B" } } };
      const { stdout, stderr, code } = await create(object);
      expect([code, stderr]).toEqual([0, ""]);
      const { spec } = JSON.parse(stdout) as { spec: Record<string, Record<string, unknown>> };
      expect(spec["engine"]?.["type"]).toBe("vllm");
      expect(spec["provider"]?.["name"]).toBe("kaito");
      expect(spec["serving"]?.["replicas"]).toBe(1);
    });

    test("answers a v1alpha1 client in v1alpha1", async () => {
      const { stdout, code } = await create(
        v1alpha1("older", { scaling: { replicas: 2 }, provider: { name: "vllm" } }),
      );
      expect(code).toBe(0);
      const { apiVersion, spec } = JSON.parse(stdout) as {
        apiVersion: string;
        spec: Record<string, Record<string, unknown>>;
      };
      expect(apiVersion).toBe("hawsepipe.dev/v1alpha1");
      expect(spec["scaling"]).toEqual({ replicas: 2 });
      expect(spec["provider"]?.["name"]).toBe("vllm");
    });

    test("changes nothing on a dry run", async () => {
      const { stdout, code } = await create(aDeployment("dry", {}, "team-a"), "--dry-run=server");
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ spec: { serving: { replicas: 1 } } });
      expect((await tenant("get mdep dry -n team-a")).stderr).toContain('"dry" not found');
    });
  });

  describe("converting", () => {
    test("an object reads the same in both versions, whoever wrote it", async () => {
      const replicas = async (version: string, name: string, jsonPath: string): Promise<string> =>
        as(tenant)(`get modeldeployments.${version}.hawsepipe.dev ${name} -n team-a -o jsonpath=${jsonPath}`);
      expect(await replicas("v1alpha1", "older", "{.spec.scaling.replicas}")).toBe("2");
      expect(await replicas("v1alpha2", "older", "{.spec.serving.replicas}")).toBe("2");
      expect(await replicas("v1alpha1", "chosen", "{.spec.scaling.replicas}")).toBe("1");
    });

    test("a list in the older version has every object", async () => {
      const names = await as(tenant)("get modeldeployments.v1alpha1.hawsepipe.dev -n team-a -o name");
      expect(names.trim().split("\n").sort()).toEqual(
        ["chosen", "older"].map((name) => `modeldeployment.hawsepipe.dev/${name}`),
      );
    });

    test("a merge patch by a v1alpha1 client changes what it says and nothing else", async () => {
      await as(tenant)([
        ..."patch modeldeployments.v1alpha1.hawsepipe.dev older -n team-a --type=merge -p".split(" "),
        JSON.stringify({ spec: { scaling: { replicas: 0 } } }),
      ]);
      const spec = await as(tenant)("get mdep older -n team-a -o jsonpath={.spec}");
      expect(JSON.parse(spec)).toMatchObject({
        serving: { replicas: 0 },
        engine: { type: "vllm" },
        provider: { name: "vllm" },
      });
    });
  });

  describe("validating", () => {
    test("refuses with the path of the version the client speaks", async () => {
      const hub = await create(aDeployment("big", { serving: { replicas: 100_000 } }, "team-a"));
      expect(hub.code).toBe(1);
      expect(hub.stderr).toContain("spec.serving.replicas");
      const old = await create(v1alpha1("big", { scaling: { replicas: 100_000 } }));
      expect(old.code).toBe(1);
      expect(old.stderr).toContain("spec.scaling.replicas");
      expect(old.stderr).not.toContain("spec.serving.replicas");
    });

    test("refuses names that cannot become labels", async () => {
      const { code, stderr } = await create(aDeployment("with.dots", {}, "team-a"));
      expect(code).toBe(1);
      expect(stderr).toContain("metadata.name");
    });

    test("refuses references to what does not exist", async () => {
      const object = aDeployment("tokenless", { model: { tokenSecretRef: { name: "missing" } } }, "team-a");
      const { code, stderr } = await create(object);
      expect(code).toBe(1);
      expect(stderr).toContain("spec.model.tokenSecretRef");
    });

    test("asks for the right to override", async () => {
      const overrides = { spec: { revisionHistoryLimit: 3 } };
      const object = aDeployment("overriding", { provider: { overrides } }, "team-a");
      const { code, stderr } = await create(object);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining('User "ann" may not override modeldeployments'),
      ]);
      await admin(["apply", "-f", "-"], {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "override", namespace: "team-a" },
        rules: [{ apiGroups: ["hawsepipe.dev"], resources: ["modeldeployments"], verbs: ["override"] }],
      });
      await admin("create rolebinding override --role=override --user=ola -n team-a");
      await admin("create rolebinding ola --clusterrole=edit --user=ola -n team-a");
      const ola = await flavour.as("ola");
      for (const verb of ["create", "override"]) {
        await eventually(`the right to ${verb} to be known`, async () => {
          const { stdout } = await ola(`auth can-i ${verb} modeldeployments.hawsepipe.dev -n team-a`);
          return stdout.trim() === "yes";
        });
      }
      const allowed = await ola(["create", "-f", "-", "--dry-run=server"], object);
      expect([allowed.code, allowed.stderr]).toEqual([0, ""]);
    });

    test("a scale beyond the ceiling is refused, one below it is not", async () => {
      const scale = (replicas: number) =>
        tenant(`scale mdep chosen -n team-a --replicas=${String(replicas)}`);
      const { code, stderr } = await scale(100_000);
      expect([code, stderr]).toEqual([1, expect.stringContaining("spec.serving.replicas")]);
      expect((await scale(2)).code).toBe(0);
      expect(await as(tenant)("get mdep chosen -n team-a -o jsonpath={.spec.serving.replicas}")).toBe("2");
    });

    test("what the cluster refuses of the rendered resources is refused at once", async () => {
      await admin("create namespace quota");
      await admin("create rolebinding team-a --clusterrole=edit --group=team-a -n quota");
      await admin("create quota none --hard=count/deployments.apps=0 -n quota");
      await eventually("the quota to be counted, and kube-apiserver to know", async () => {
        const probe = "create deployment probe --image=x -n quota --dry-run=server";
        return (await flavour.admin(probe)).stderr.includes("exceeded quota: none");
      });
      const { code, stderr } = await create(aDeployment("refused", {}, "quota"));
      expect(code).toBe(1);
      expect(stderr).toContain("exceeded quota");
      expect((await tenant("get mdep refused -n quota")).code).toBe(1);
    });
  });

  test("our own account works with the rights of the manifests, and rendered resources appear", async () => {
    await eventually("the Deployment to be rendered", async () => {
      const { stdout } = await flavour.admin(
        "get deployment older -n team-a -o jsonpath={.metadata.ownerReferences[0].kind}",
      );
      return stdout === "ModelDeployment" ? true : undefined;
    });
    expect(flavour.log()).not.toMatch(/is forbidden: User \\"system:serviceaccount:hawsepipe-system/);
  });

  test("a provider that is gone is left, as soon as another may take over", async () => {
    const patch = (provider: string, spec: object): Promise<string> =>
      admin(["patch", "inferenceprovider", provider, "--type=merge", "-p", JSON.stringify({ spec })]);
    const others = ["llmd", "vllm"];
    const { code, stderr } = await create(
      aDeployment("moves", { provider: { name: "kaito", failover: true } }, "team-a"),
    );
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of others) await patch(name, { restricted: true });
    const deployments = [{ namespace: "team-a", matchLabels: { app: "nobody" } }];
    await patch("kaito", { failoverAfterSeconds: 1, operator: { deployments } });
    const told = (reason: string, message: string): Promise<true> =>
      eventually(`the event ${reason}`, async () => {
        const found = await admin(
          `get events -n team-a --field-selector=involvedObject.name=moves,reason=${reason} -o jsonpath={.items[*].message}`,
        );
        return found.includes(message) ? true : undefined;
      });
    await told("FailoverRefused", "none that is ready and not restricted can serve it");
    expect(await as(tenant)("get mdep moves -n team-a -o jsonpath={.spec.provider.name}")).toBe("kaito");

    // The annotation is there already; asking again is no change.
    for (const name of others) await patch(name, { restricted: false });
    await told("FailedOver", "from provider kaito to");
    expect(others).toContain(await as(tenant)("get mdep moves -n team-a -o jsonpath={.spec.provider.name}"));
    await eventually("what the other renders", async () => {
      const { stdout } = await flavour.admin("get deployment,workspace moves -n team-a -o name");
      return stdout.trim() === "deployment.apps/moves" ? true : undefined;
    });
    await eventually("the reason", async () => {
      const why = await admin("get mdep moves -n team-a -o jsonpath={.status.selection.providerReason}");
      return why.startsWith("took over from kaito, because it is not ready") ? true : undefined;
    });
    await patch("kaito", { operator: { deployments: [] } });
  });

  test("while nobody answers nothing new is taken, and nothing else is held up", async () => {
    await flavour.halt();
    const { code, stderr } = await create(aDeployment("unheard", {}, "team-a"));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('failed calling webhook "mutate.hawsepipe.dev"'),
    ]);
    await as(tenant)("label mdep chosen -n team-a still=here");
    await as(tenant)("delete mdep chosen -n team-a --wait=false");
    await admin("delete namespace quota --timeout=120s");
    await flavour.restart();
    await eventually("the deployment to be gone with what was rendered", async () => {
      const left = await admin("get mdep,deployment,service -n team-a -o name");
      return left.includes("chosen") ? undefined : true;
    });
  });

  test("a certificate of its own making is trusted by reviews and conversions without anybody's help", async () => {
    const bundles = async (): Promise<string[]> => {
      const paths = {
        "crd modeldeployments.hawsepipe.dev": "{.spec.conversion.webhook.clientConfig.caBundle}",
        "mutatingwebhookconfiguration hawsepipe": "{.webhooks[0].clientConfig.caBundle}",
        "validatingwebhookconfiguration hawsepipe": "{.webhooks[0].clientConfig.caBundle}",
        "validatingwebhookconfiguration hawsepipe-guard": "{.webhooks[2].clientConfig.caBundle}",
      };
      return Promise.all(Object.entries(paths).map(([of, at]) => admin(`get ${of} -o jsonpath=${at}`)));
    };
    const before = new Set(await bundles());
    expect(before.size).toBe(1);
    await flavour.restart({ ownCertificate: true });
    await eventually("the new bundle to be everywhere", async () => {
      const [first, ...others] = await bundles();
      return first !== undefined && !before.has(first) && others.every((other) => other === first)
        ? true
        : undefined;
    });
    const trusted = v1alpha1("trusted", { provider: { name: "vllm" } });
    await eventually("a v1alpha1 client to be served", async () => {
      const { code } = await create(trusted, "--dry-run=server");
      return code === 0;
    });
    expect((await create(trusted)).code).toBe(0);
    expect(await as(tenant)("get mdep trusted -n team-a -o jsonpath={.apiVersion}")).toBe(
      "hawsepipe.dev/v1alpha2",
    );
  });
});
