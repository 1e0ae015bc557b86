/** One model from the request to running pods and to nothing, with every controller of a cluster and the guard at work. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import type { WebhookServer } from "../../support/webhook-server.ts";
import { startWebhookServer } from "../../support/webhook-server.ts";

const reason = noControlPlane(["kube-controller-manager", "kube-scheduler", "kwok", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: the life cycle in a cluster (${reason})`);

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}
interface Shown {
  readonly metadata: { readonly generation: number; readonly uid: string };
  readonly status: {
    readonly phase: string;
    readonly observedGeneration: number;
    readonly replicas?: Readonly<Record<string, number>>;
    readonly endpoint?: Readonly<Record<string, string | number>>;
    readonly conditions: readonly Condition[];
  };
}
interface Pod {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly resources: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status: { readonly phase: string };
}

describe.skipIf(reason !== undefined).each(flavours)("a model over $flavour", ({ isAggregated, start }) => {
  let cluster: Installed;
  let hook: WebhookServer;
  let admin: ReturnType<typeof succeeding>;
  let alice: Kubectl;
  let run: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    hook = await startWebhookServer();
    cluster = await start({
      scheduler: true,
      gpuNodes: 2,
      controllerManagerFlags: ["--horizontal-pod-autoscaler-sync-period=2s"],
    });
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    await admin("create rolebinding alice --clusterrole=edit --user=alice -n team-a");
    alice = await cluster.as("alice");
    run = succeeding(alice);
    await eventually("edit has our kinds", async () => {
      const { stdout } = await alice("auth can-i create modeldeployments.hawsepipe.dev -n team-a");
      return stdout.trim() === "yes" ? true : undefined;
    });
  });
  afterAll(async () => {
    await cluster.stop();
    await hook.close();
  });

  const shown = async (name: string, namespace = "team-a"): Promise<Shown> =>
    JSON.parse(await run(`get mdep ${name} -n ${namespace} -o json`)) as Shown;
  const names = async (what: string, namespace = "team-a"): Promise<readonly string[]> =>
    (await admin(`get ${what} -n ${namespace} -o name`)).split("\n").filter((line) => line !== "");
  const create = async (name: string, spec: Readonly<Record<string, object>> = {}): Promise<void> => {
    await run("create -f -", aDeployment(name, spec, "team-a"));
  };
  /** The model, once its status is of the newest spec and says that it runs. */
  const isRunning = (name: string): Promise<Shown> =>
    eventually(`${name} to run`, async () => {
      const found = await shown(name);
      const { metadata, status } = found;
      if (status.observedGeneration === metadata.generation && status.phase === "Running") return found;
      throw new Error(JSON.stringify(status));
    });
  /** Everything that carries the name of the model, whoever made it. */
  const left = async (name: string): Promise<readonly string[]> =>
    (await names("mdep,deployment,replicaset,pod,service")).filter((line) =>
      line.split("/")[1]?.startsWith(name),
    );
  const nothingLeft = (name: string): Promise<unknown> =>
    eventually(`nothing of ${name}`, async () => {
      const there = await left(name);
      if (there.length > 0) throw new Error(there.join(", "));
      return true;
    });

  test("goes from accepted to running on simulated GPU nodes, and its status shows how", async () => {
    await create("llama", { serving: { replicas: 2 } });
    const { metadata, status } = await isRunning("llama");
    const { items } = JSON.parse(await admin("get pods -n team-a -o json")) as { items: Pod[] };
    const where = items.map(({ spec, status }) => [
      spec.nodeName,
      status.phase,
      spec.containers[0]?.resources.limits?.["nvidia.com/gpu"],
    ]);
    expect(where).toEqual(Array(2).fill([expect.stringMatching(/^gpu-[01]$/), "Running", "1"]));
    expect(status.replicas).toMatchObject({ desired: 2, ready: 2 });
    expect(status.endpoint).toMatchObject({ service: "llama", port: 8000 });
    for (const type of ["ResourceCreated", "Ready"]) {
      expect(status.conditions.find((condition) => condition.type === type)).toMatchObject({
        status: "True",
        observedGeneration: metadata.generation,
      });
    }
    expect(await run("get mdep llama -n team-a")).toMatch(/llama\s+Running\s+vllm\s+vllm/);
  });

  test("owner references lead from its pods up to it", async () => {
    const ownerOf = async (what: string): Promise<Record<string, unknown>> =>
      JSON.parse(
        await admin([
          "get",
          ...what.split(" "),
          "-n",
          "team-a",
          "-o",
          "jsonpath={.metadata.ownerReferences[0]}",
        ]),
      ) as Record<string, unknown>;
    const { metadata } = await shown("llama");
    const ours = { kind: "ModelDeployment", name: "llama", uid: metadata.uid, controller: true };
    expect(await ownerOf("deployment llama")).toMatchObject({ ...ours, blockOwnerDeletion: true });
    expect(await ownerOf("service llama")).toMatchObject(ours);
    const [replicaSet = ""] = await names("replicaset");
    expect(await ownerOf(replicaSet)).toMatchObject({ kind: "Deployment", name: "llama" });
  });

  test("goes to no replicas and back", async () => {
    await run("scale mdep llama -n team-a --replicas=0");
    await eventually("no pods", async () => ((await names("pod")).length === 0 ? true : undefined));
    await eventually("the status", async () => {
      const { metadata, status } = await shown("llama");
      const isSeen = status.observedGeneration === metadata.generation;
      return isSeen && (status.replicas?.["ready"] ?? 0) === 0 && status.phase !== "Deploying"
        ? true
        : undefined;
    });
    expect(await run("get mdep llama -n team-a -o jsonpath={.spec.serving.replicas}")).toBe("0");
    await run("scale mdep llama -n team-a --replicas=1");
    const { status } = await isRunning("llama");
    expect(status.replicas).toMatchObject({ desired: 1, ready: 1 });
  });

  test("does not say it is ready while what it asks for does not fit on the nodes", async () => {
    await create("big", { serving: { replicas: 3, resources: { gpu: { count: 6 } } } });
    const { status } = await eventually("two of three", async () => {
      const found = await shown("big");
      return found.status.replicas?.["ready"] === 2 ? found : undefined;
    });
    expect(status.phase).toBe("Deploying");
    expect(status.replicas).toMatchObject({ desired: 3, ready: 2 });
    const pending = await admin("get pods -n team-a --field-selector=status.phase=Pending -o name");
    expect(pending.trim().split("\n")).toHaveLength(1);
    await run("delete mdep big -n team-a --timeout=120s");
    await nothingLeft("big");
  });

  test("an HPA scales it through /scale", async () => {
    await run("apply -f -", {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "llama", namespace: "team-a" },
      spec: {
        scaleTargetRef: { apiVersion: "hawsepipe.dev/v1alpha2", kind: "ModelDeployment", name: "llama" },
        minReplicas: 3,
        maxReplicas: 4,
      },
    });
    await eventually("three replicas", async () => {
      const { stdout } = await alice("get mdep llama -n team-a -o jsonpath={.spec.serving.replicas}");
      if (stdout !== "3") throw new Error(await run("describe hpa llama -n team-a"));
      return true;
    });
    await isRunning("llama");
    await eventually("three pods", async () => ((await names("pod")).length === 3 ? true : undefined));
    await eventually("the HPA sees them", async () => {
      const replicas = await run("get hpa llama -n team-a -o jsonpath={.status.currentReplicas}");
      return replicas === "3" ? true : undefined;
    });
    await run("delete hpa llama -n team-a");
  });

  test("a tenant's edit of what is rendered is refused, and names what to edit", async () => {
    await eventually("the guard is asked", async () => {
      const { code, stderr } = await alice("scale deployment/llama -n team-a --replicas=7");
      return code === 1 && stderr.includes('it is rendered from ModelDeployment "llama"') ? true : undefined;
    });
    const { code, stderr } = await alice("label service/llama -n team-a a=b");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("kubectl edit modeldeployment llama -n team-a"),
    ]);
  });

  test.each(["background", "foreground"])("%s deletion takes everything along", async (cascade) => {
    const name = `gone-${cascade}`;
    await create(name);
    await isRunning(name);
    await run(`delete mdep ${name} -n team-a --cascade=${cascade} --timeout=120s`);
    if (cascade === "foreground") expect(await left(name)).toEqual([]);
    await nothingLeft(name);
  });

  test("orphan deletion leaves what runs, without an owner", async () => {
    await create("orphan");
    await isRunning("orphan");
    const pods = (await left("orphan")).filter((line) => line.startsWith("pod/"));
    await run("delete mdep orphan -n team-a --cascade=orphan --timeout=120s");
    await eventually("no owner", async () => {
      const owners = await admin(
        "get deployment/orphan service/orphan -n team-a -o jsonpath={.items[*].metadata.ownerReferences}",
      );
      return owners === "" ? true : undefined;
    });
    expect((await left("orphan")).filter((line) => line.startsWith("pod/"))).toEqual(pods);
    expect(await left("orphan")).toContain("deployment.apps/orphan");
    await admin("delete deployment/orphan service/orphan -n team-a");
  });

  test.each(["background", "foreground"])("goes with an owner of its own, %s", async (cascade) => {
    const name = `owned-${cascade}`;
    await run(`create configmap ${name} -n team-a`);
    const uid = await run(`get configmap ${name} -n team-a -o jsonpath={.metadata.uid}`);
    const object = aDeployment(name, {}, "team-a");
    const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid, blockOwnerDeletion: true };
    await run("create -f -", { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } });
    await isRunning(name);
    await run(`delete configmap ${name} -n team-a --cascade=${cascade} --timeout=120s`);
    if (cascade === "foreground") expect(await left(name)).toEqual([]);
    await nothingLeft(name);
  });

  test("an owner that does not exist takes it away", async () => {
    const object = aDeployment("stray", {}, "team-a");
    const owner = {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "never",
      uid: "11111111-2222-3333-4444-555555555555",
    };
    await run("create -f -", { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } });
    await nothingLeft("stray");
  });

  describe("what the cluster would refuse of its resources is refused in the answer", () => {
    const refused = async (namespace: string, ...words: string[]): Promise<void> => {
      const { code, stderr } = await cluster.admin("create -f -", aDeployment("refused", {}, namespace));
      expect(code).toBe(1);
      for (const word of words) expect(stderr).toContain(word);
      expect((await cluster.admin(`get mdep refused -n ${namespace}`)).stderr).toContain("not found");
    };

    test("by a webhook of somebody else, in its words", async () => {
      await admin("create namespace hooked");
      hook.answer = (_, { name }) =>
        name === "refused"
          ? { allowed: false, status: { message: "images must be signed by the harbour master" } }
          : { allowed: true };
      await admin("create -f -", {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingWebhookConfiguration",
        metadata: { name: "signatures" },
        webhooks: [
          {
            name: "signatures.example.com",
            admissionReviewVersions: ["v1"],
            sideEffects: "None",
            clientConfig: { url: `${hook.url}/signatures`, caBundle: hook.caBundle },
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "hooked" } },
            rules: [
              {
                apiGroups: ["apps"],
                apiVersions: ["v1"],
                resources: ["deployments"],
                operations: ["CREATE"],
              },
            ],
          },
        ],
      });
      await eventually("the webhook is known", async () => {
        await cluster.admin("create deployment probe -n hooked --image=x --dry-run=server");
        return hook.asked.length > 0 ? true : undefined;
      });
      await refused("hooked", "images must be signed by the harbour master");
      expect(hook.asked.at(-1)?.request).toMatchObject({ dryRun: true, name: "refused" });
    });

    test("by a ResourceQuota", async () => {
      await admin("create namespace poor");
      await admin("create quota none -n poor --hard=count/services=0");
      await eventually("the quota to be counted, and kube-apiserver to know", async () => {
        const probe = "create service clusterip probe --tcp=80 -n poor --dry-run=server";
        return (await cluster.admin(probe)).stderr.includes("exceeded quota: none");
      });
      await refused("poor", "exceeded quota: none", "count/services=1");
    });
  });

  // An APIService has no quota admission in front of it; the documentation says so.
  test("a quota on the number of models is counted, and refuses where kube-apiserver serves them", async () => {
    const count = "count/modeldeployments.hawsepipe.dev";
    await admin(`create quota models -n team-a --hard=${count}=1`);
    let tries = 0;
    await eventually("the count", async () => {
      const used = await admin("get quota models -n team-a -o jsonpath={.status.used}");
      if (used !== "" && (JSON.parse(used) as Record<string, string>)[count] === "1") return true;
      // kube-controller-manager learns of kinds every 30 s, and counts a quota that it knows when its spec changes.
      tries += 1;
      const spec = { hard: { [count]: "1", "count/configmaps": String(1000 + tries) } };
      await admin(`patch quota models -n team-a --type=merge -p ${JSON.stringify({ spec })}`);
      return undefined;
    });
    const second = aDeployment("second", {}, "team-a");
    const words = "exceeded quota: models";
    if (!isAggregated) {
      await eventually("kube-apiserver to know", async () =>
        (await alice("create --dry-run=server -f -", second)).stderr.includes(words),
      );
    }
    const { code, stderr } = await alice("create -f -", second);
    if (isAggregated) expect([code, stderr]).toEqual([0, ""]);
    else expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    await admin("delete quota models -n team-a");
  });

  test("a namespace with running models goes away", async () => {
    await isRunning("llama");
    await admin("delete namespace team-a --timeout=120s");
    expect(await names("mdep,deployment,replicaset,pod,service")).toEqual([]);
  });
});
