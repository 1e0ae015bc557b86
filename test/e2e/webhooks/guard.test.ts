/** The guard in a real control plane, whichever way our kinds are served: whom it stops, whom it never hinders, what is recorded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { readyProviders } from "../../support/providers.ts";

const why = noControlPlane(["kube-controller-manager", "kubectl"]);
if (why !== undefined) console.warn(`skipped: the guard in a real control plane (${why})`);

/** What providers render, the namespace their operators live in, and a resource nobody rendered. */
const kinds = [
  {
    provider: "kaito",
    resource: "workspaces.kaito.sh",
    home: "kaito-workspace",
    spec: { model: { id: "phi-4-mini-instruct" }, engine: { contextLength: 4096 } },
    raw: {
      apiVersion: "kaito.sh/v1beta1",
      kind: "Workspace",
      resource: { instanceType: "Standard_NC24ads_A100_v4", labelSelector: { matchLabels: { a: "b" } } },
      inference: { preset: { name: "phi-4" } },
    },
  },
  {
    provider: "dynamo",
    resource: "dynamographdeployments.nvidia.com",
    home: "dynamo-system",
    spec: {},
    raw: { apiVersion: "nvidia.com/v1beta1", kind: "DynamoGraphDeployment", spec: {} },
  },
  {
    provider: "kuberay",
    resource: "rayservices.ray.io",
    home: "kuberay-operator",
    spec: {},
    raw: {
      apiVersion: "ray.io/v1",
      kind: "RayService",
      spec: { rayClusterConfig: { headGroupSpec: { rayStartParams: {}, template: {} } } },
    },
  },
] as const;

/** The record of an API server: whatever is written in the tenants' namespaces, with what webhooks say of it. */
function auditing(): { readonly flags: readonly string[]; events(): AuditEvent[]; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "audit-"));
  const policy = path.join(folder, "policy.yaml");
  const log = path.join(folder, "audit.log");
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [
        {
          level: "Metadata",
          namespaces: ["team-a", "team-b"],
          verbs: ["create", "update", "patch", "delete"],
        },
      ],
    }),
  );
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    events: () => {
      const text = readFileSync(log, "utf8");
      // The last line may be in the making.
      const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
      return lines.map((line) => JSON.parse(line) as AuditEvent);
    },
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

interface AuditEvent {
  readonly objectRef: { readonly resource: string; readonly name?: string };
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

describe.skipIf(why !== undefined).each(flavours)("the guard over $flavour", ({ start, isAggregated }) => {
  const record = auditing();
  let cluster: Installed;
  let stop = async (): Promise<void> => undefined;
  let admin: ReturnType<typeof succeeding>;
  let tenant: Kubectl;
  let replicas: (namespace?: string) => Promise<string>;

  beforeAll(async () => {
    cluster = await start({ apiServerFlags: record.flags });
    stop = () => cluster.stop();
    admin = succeeding(cluster.admin);
    const guarded = kinds.flatMap(({ resource }) => [resource, `${resource}/status`]);
    await admin(`create clusterrole provider-kinds --verb=* --resource=${guarded.join()}`);
    for (const namespace of ["team-a", "team-b"]) {
      await admin(`create namespace ${namespace}`);
      await admin(`create rolebinding edit --clusterrole=edit --group=team-a -n ${namespace}`);
      await admin(`create rolebinding kinds --clusterrole=provider-kinds --group=team-a -n ${namespace}`);
      // Before it is there, pods of controllers are refused, which would be in the record.
      await eventually(`the service account of ${namespace}`, async () => {
        const { code } = await cluster.admin(`get serviceaccount default -n ${namespace}`);
        return code === 0;
      });
    }
    const homes = kinds.map(({ home }) => `--group=system:serviceaccounts:${home}`);
    await admin(["create", "clusterrolebinding", "operators", "--clusterrole=provider-kinds", ...homes]);
    tenant = await cluster.as("ann", ["team-a"]);
    replicas = (namespace = "team-a") =>
      admin(`get deployment llama -n ${namespace} -o jsonpath={.spec.replicas}`);
    await eventually("the roles to be aggregated", async () => {
      const { stdout } = await tenant("auth can-i create modeldeployments -n team-a");
      return stdout.trim() === "yes" ? true : undefined;
    });
    await readyProviders(
      admin,
      kinds.map(({ provider }) => provider),
    );
    await succeeding(tenant)("create -f -", aDeployment("llama", {}, "team-a"));
    await rendered("team-a");
  });
  afterAll(async () => {
    await stop();
    record.remove();
  });

  /** kubectl as an operator's account. */
  const operator = (home: string): Promise<Kubectl> =>
    cluster.as(`system:serviceaccount:${home}:operator`, [
      "system:serviceaccounts",
      `system:serviceaccounts:${home}`,
      "system:authenticated",
    ]);
  /** What the cluster's record says the guard said of writes to an object, in their order. */
  const recorded = (resource: string, name: string): string[] =>
    record
      .events()
      .filter(({ objectRef }) => objectRef.resource === resource.split(".")[0] && objectRef.name === name)
      .flatMap(({ annotations = {} }) =>
        Object.entries(annotations)
          .filter(([key]) => key.includes(".guard.hawsepipe.dev/"))
          .map(([key, value]) => `${key}=${value}`),
      );

  const rendered = (namespace: string): Promise<unknown> =>
    eventually("the Deployment and its ReplicaSet", async () => {
      const names = await admin(`get deployment,replicaset,service -n ${namespace} -o name`);
      return ["deployment.apps/llama", "replicaset.apps/llama-", "service/llama"].every((name) =>
        names.includes(name),
      )
        ? true
        : undefined;
    });

  const forced = 'it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: ';

  test.each([
    {
      says: "an edit",
      args: "set image deployment/llama -n team-a engine=elsewhere:1",
      want: `deployments.apps "llama" is forbidden: ${forced}kubectl edit modeldeployment llama -n team-a`,
    },
    {
      says: "an edit of the Service",
      args: "label service/llama -n team-a a=b",
      want: `services "llama" is forbidden: ${forced}kubectl edit modeldeployment llama -n team-a`,
    },
    {
      says: "taking the label off",
      args: "label deployment/llama -n team-a hawsepipe.dev/managed-by-",
      want: `deployments.apps "llama" is forbidden: ${forced}kubectl edit modeldeployment llama -n team-a`,
    },
    {
      says: "a scale",
      args: "scale deployment/llama -n team-a --replicas=5",
      want: `deployments.apps "llama" is forbidden: ${forced}kubectl scale modeldeployment llama -n team-a --replicas=…`,
    },
    {
      says: "a deletion",
      args: "delete deployment/llama -n team-a",
      want: `deployments.apps "llama" is forbidden: ${forced}kubectl delete modeldeployment llama -n team-a, or scale it to 0`,
    },
  ])("refuses a tenant $says, and names what to edit", async ({ args, want }) => {
    const { code, stderr } = await tenant(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(want)]);
    expect(await replicas()).toBe("1");
  });

  test("what is nobody's but the tenant's is none of its business", async () => {
    const own = succeeding(tenant);
    await own("create deployment web --image=nginx -n team-a");
    await own("scale deployment web --replicas=2 -n team-a");
    await own("delete deployment web -n team-a");
    await own("create configmap settings --from-literal=a=b -n team-a");
  });

  test("a tenant cannot make objects in the name of a deployment", async () => {
    const uid = await admin("get mdep llama -n team-a -o jsonpath={.metadata.uid}");
    const owner = { apiVersion: "hawsepipe.dev/v1alpha2", kind: "ModelDeployment", name: "llama", uid };
    const { stderr } = await tenant("create -f -", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "forged",
        namespace: "team-a",
        labels: { "hawsepipe.dev/managed-by": "hawsepipe" },
        ownerReferences: [{ ...owner, controller: true }],
      },
    });
    expect(stderr).toContain('only Hawsepipe makes objects that ModelDeployment "llama" controls');
  });

  test("Hawsepipe and the deployment controller go on working", async () => {
    await succeeding(tenant)("scale mdep llama -n team-a --replicas=3");
    await eventually("the Deployment to follow", async () => ((await replicas()) === "3" ? true : undefined));
    await eventually("the deployment controller to follow", async () => {
      const status = await admin("get deployment llama -n team-a -o jsonpath={.status.replicas}");
      return status === "3" ? true : undefined;
    });
  });

  test("the verb bypass-guard breaks the glass, with a warning", async () => {
    await admin("create rolebinding bypass --clusterrole=hawsepipe-bypass-guard --user=olga -n team-a");
    await admin("create rolebinding olga --clusterrole=edit --user=olga -n team-a");
    const olga = await cluster.as("olga");
    for (const right of ["patch deployments.apps", "bypass-guard modeldeployments.hawsepipe.dev"]) {
      await eventually(`the right to ${right} to be known`, async () => {
        const { stdout } = await olga(`auth can-i ${right} -n team-a`);
        return stdout.trim() === "yes";
      });
    }
    const { code, stderr } = await olga("annotate deployment/llama -n team-a looked=at");
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Warning: deployments "llama": allowed by bypass-guard'),
    ]);
  });

  describe.each(kinds)("of $provider", ({ provider, resource, home, spec, raw }) => {
    const name = `m-${provider}`;
    const stranger = kinds.find((other) => other.provider !== provider)?.home ?? "";
    const edit = (what: string): string =>
      `patch ${resource} ${name} -n team-a --type=merge -p {"metadata":{"labels":{"edited":"${what}"}}}`;
    const makeRaw = (who: Kubectl, as: string): ReturnType<Kubectl> =>
      who("create -f -", { ...raw, metadata: { name: as, namespace: "team-b" } });

    test("what is rendered is closed to the tenant and to the operators of other kinds", async () => {
      await succeeding(tenant)(
        "create -f -",
        aDeployment(name, { ...spec, provider: { name: provider } }, "team-a"),
      );
      await eventually("the resource", async () => {
        const { code } = await cluster.admin(`get ${resource} ${name} -n team-a`);
        return code === 0 ? true : undefined;
      });
      const told = `${resource} "${name}" is forbidden: it is rendered from ModelDeployment "${name}"`;
      for (const who of [tenant, await operator(stranger)]) {
        const { code, stderr } = await who(edit("by-hand"));
        expect([code, stderr]).toEqual([1, expect.stringContaining(told)]);
      }
      const refusal = ["guard=refuse", "guard-rule=managed-resource"];
      const expected = refusal.map((text) => `managed.guard.hawsepipe.dev/${text}`);
      expect(recorded(resource, name).sort()).toEqual([...expected, ...expected].sort());
    });

    test("its operator works on it without a word", async () => {
      const own = await operator(home);
      const status = `patch ${resource} ${name} -n team-a --subresource=status --type=merge -p`;
      const finalizer = `patch ${resource} ${name} -n team-a --type=merge -p`;
      for (const args of [
        edit("by-its-operator"),
        `${status} {"status":{"observedGeneration":1}}`,
        `${finalizer} {"metadata":{"finalizers":["example.com/operator"]}}`,
        `${finalizer} {"metadata":{"finalizers":null}}`,
      ]) {
        const { code, stderr } = await own(args);
        expect([code, stderr.replaceAll(/Warning: unknown field.*\n/g, "")]).toEqual([0, ""]);
      }
    });

    test("those nobody rendered come to a namespace as its label says, and are recorded", async () => {
      const hook = "raw.guard.hawsepipe.dev";
      const asked = (label: string): Promise<unknown> =>
        admin(`label namespace team-b hawsepipe.dev/enforce${label} --overwrite`);
      await asked("-");
      expect(await makeRaw(tenant, "unlabelled")).toMatchObject({ code: 0, stderr: "" });

      await asked("=managed");
      await eventually("the label to be followed", async () => {
        const { code, stderr } = await makeRaw(tenant, "managed");
        if (code === 0) await admin(`delete ${resource} managed -n team-b`);
        const instead = `create a ModelDeployment with spec.provider.name "${provider}" instead`;
        return stderr.includes(instead) ? true : undefined;
      });
      expect(recorded(resource, "managed").slice(-2).sort()).toEqual([
        `${hook}/guard-rule=raw-resource`,
        `${hook}/guard=refuse`,
      ]);
      // What was there before stays usable, and an operator may make what it needs.
      await succeeding(tenant)(`annotate ${resource}/unlabelled -n team-b a=b`);
      expect(await makeRaw(await operator(home), "made-by-operator")).toMatchObject({ code: 0, stderr: "" });

      await asked("=warn");
      const warned = await eventually("the label to be followed", async () => {
        const attempt = `warned-${String(Date.now())}`;
        const { code, stderr } = await makeRaw(tenant, attempt);
        return code === 0 && stderr.includes(`Warning: ${resource.split(".")[0] ?? ""}`)
          ? attempt
          : undefined;
      });
      expect(recorded(resource, warned)).toContain(`${hook}/guard=warn`);

      await asked("=audit");
      const audited = await eventually("the label to be followed", async () => {
        const attempt = `audited-${String(Date.now())}`;
        const { code, stderr } = await makeRaw(tenant, attempt);
        return code === 0 && !stderr.includes("Warning") ? attempt : undefined;
      });
      expect(recorded(resource, audited).sort()).toEqual([
        `${hook}/guard-rule=raw-resource`,
        `${hook}/guard=audit`,
      ]);
    });
  });

  test("a ConfigMap that was rendered is closed as well", async () => {
    const found = await admin("get configmap -n team-a -l hawsepipe.dev/model-deployment=m-kaito -o name");
    const name = found.trim().replace("configmap/", "");
    expect(name).toMatch(/^m-kaito-inference-config-/);
    const { code, stderr } = await tenant([
      ...["patch", "configmap", name, "-n", "team-a", "--type=merge"],
      ...["-p", '{"data":{"inference_config.yaml":"mine"}}'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`configmaps "${name}" is forbidden: it is rendered from`);
    expect(stderr).toContain("kubectl edit modeldeployment m-kaito -n team-a");
  });

  test("in warn mode an edit of a managed Deployment goes through with a warning, and is undone", async () => {
    await admin("label namespace team-b hawsepipe.dev/enforce=warn --overwrite");
    await succeeding(tenant)("create -f -", aDeployment("llama", {}, "team-b"));
    await rendered("team-b");
    await eventually("the label to be followed", async () => {
      const { code, stderr } = await tenant("scale deployment/llama -n team-b --replicas=7");
      return code === 0 && stderr.includes('ModelDeployment "llama"') ? true : undefined;
    });
    await eventually("it to be undone", async () => ((await replicas("team-b")) === "1" ? true : undefined));
  });

  test("in audit mode an edit goes through without a word, is recorded, and is undone", async () => {
    await admin("label namespace team-b hawsepipe.dev/enforce=audit --overwrite");
    await eventually("the label to be followed", async () => {
      const { code, stderr } = await tenant("scale deployment/llama -n team-b --replicas=6");
      return code === 0 && stderr === "" ? true : undefined;
    });
    expect(recorded("deployments", "llama")).toContain("scale.guard.hawsepipe.dev/guard=audit");
    await eventually("it to be undone", async () => ((await replicas("team-b")) === "1" ? true : undefined));
  });

  test("Hawsepipe itself may make provider resources where others may not", async () => {
    await admin("label namespace team-b hawsepipe.dev/enforce=managed --overwrite");
    await succeeding(tenant)("create -f -", aDeployment("phi", { provider: { name: "kaito" } }, "team-b"));
    await eventually("the Workspace", async () => {
      const names = await admin("get workspaces -n team-b -o name");
      return names.includes("workspace.kaito.sh/phi") ? true : undefined;
    });
  });

  test.each([
    ["the cluster's controllers", /^system:serviceaccount:kube-system:/],
    ["Hawsepipe", /^system:serviceaccount:hawsepipe-system:/],
  ])("no write of %s was ever refused or remarked on", (_who, account) => {
    const own = record.events().filter(({ user }) => account.test(user.username));
    expect(own.filter(({ responseStatus }) => responseStatus?.code === 201)).not.toEqual([]);
    expect(own.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
    const remarked = own.filter(({ annotations = {} }) =>
      Object.keys(annotations).some((key) => key.includes("guard.hawsepipe.dev")),
    );
    expect(remarked).toEqual([]);
  });

  test("the garbage collector removes what belonged to a deleted deployment", async () => {
    await succeeding(tenant)("delete mdep llama -n team-a --cascade=foreground --timeout=120s");
    await eventually("everything to be gone", async () => {
      const names = await admin("get deployment,replicaset,service -n team-a -o name");
      return names.includes("llama") ? undefined : true;
    });
  });

  // The namespace controller takes ten seconds for its second look, so once is enough.
  if (!isAggregated) {
    test("a namespace full of managed and raw resources terminates", async () => {
      await admin("delete namespace team-b --timeout=120s");
    });
  }
});
