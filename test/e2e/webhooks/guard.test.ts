import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { CrdFlavour } from "../../support/crd-flavour.ts";
import { startCrdFlavour } from "../../support/crd-flavour.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";

const why = noControlPlane(["kube-controller-manager", "kubectl"]);
if (why !== undefined) console.warn(`skipped: the guard in a real control plane (${why})`);

describe.skipIf(why !== undefined)("the guard behind a real kube-apiserver", () => {
  let flavour: CrdFlavour;
  let stop = async (): Promise<void> => undefined;
  let admin: ReturnType<typeof succeeding>;
  let tenant: Kubectl;
  let replicas: (namespace?: string) => Promise<string>;

  beforeAll(async () => {
    flavour = await startCrdFlavour();
    stop = () => flavour.stop();
    admin = succeeding(flavour.admin);
    await admin("create clusterrole workspaces --verb=* --resource=workspaces.kaito.sh");
    for (const namespace of ["team-a", "team-b"]) {
      await admin(`create namespace ${namespace}`);
      await admin(`create rolebinding edit --clusterrole=edit --group=team-a -n ${namespace}`);
      await admin(`create rolebinding workspaces --clusterrole=workspaces --group=team-a -n ${namespace}`);
    }
    tenant = await flavour.as("ann", ["team-a"]);
    replicas = (namespace = "team-a") =>
      admin(`get deployment llama -n ${namespace} -o jsonpath={.spec.replicas}`);
    await eventually("the roles to be aggregated", async () => {
      const { stdout } = await tenant("auth can-i create modeldeployments -n team-a");
      return stdout.trim() === "yes" ? true : undefined;
    });
    await succeeding(tenant)("create -f -", aDeployment("llama", {}, "team-a"));
    await rendered("team-a");
  });
  afterAll(async () => {
    await stop();
  });

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
    const olga = await flavour.as("olga");
    const { code, stderr } = await olga("annotate deployment/llama -n team-a looked=at");
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Warning: deployments "llama": allowed by bypass-guard'),
    ]);
  });

  const workspace = (name: string, namespace: string): object => ({
    apiVersion: "kaito.sh/v1beta1",
    kind: "Workspace",
    metadata: { name, namespace },
    resource: { instanceType: "Standard_NC24ads_A100_v4", labelSelector: { matchLabels: { a: "b" } } },
    inference: { preset: { name: "phi-4" } },
  });

  test("a namespace takes raw provider resources as its label says", async () => {
    const raw = (name: string) => tenant("create -f -", workspace(name, "team-b"));
    expect((await raw("unlabelled")).code).toBe(0);

    await admin("label namespace team-b hawsepipe.dev/enforce=managed");
    await eventually("the label to be followed", async () => {
      const { code, stderr } = await raw("managed");
      if (code === 0) await admin("delete workspace managed -n team-b");
      return stderr.includes('create a ModelDeployment with spec.provider.name "kaito" instead')
        ? true
        : undefined;
    });
    // What was there before stays usable.
    await succeeding(tenant)("annotate workspace unlabelled -n team-b a=b");

    await admin("label namespace team-b hawsepipe.dev/enforce=warn --overwrite");
    await eventually("the label to be followed", async () => {
      const { code, stderr } = await raw(`warned-${String(Date.now())}`);
      return code === 0 && stderr.includes("Warning: workspaces") ? true : undefined;
    });

    await admin("label namespace team-b hawsepipe.dev/enforce=audit --overwrite");
    await eventually("the label to be followed", async () => {
      const { code, stderr } = await raw(`audited-${String(Date.now())}`);
      return code === 0 && !stderr.includes("Warning") ? true : undefined;
    });
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

  test("Hawsepipe itself may make provider resources where others may not", async () => {
    await admin("label namespace team-b hawsepipe.dev/enforce=managed --overwrite");
    await succeeding(tenant)("create -f -", aDeployment("phi", { provider: { name: "kaito" } }, "team-b"));
    await eventually("the Workspace", async () => {
      const names = await admin("get workspaces -n team-b -o name");
      return names.includes("workspace.kaito.sh/phi") ? true : undefined;
    });
  });

  test("the garbage collector removes what belonged to a deleted deployment", async () => {
    await succeeding(tenant)("delete mdep llama -n team-a --cascade=foreground --timeout=30s");
    await eventually("everything to be gone", async () => {
      const names = await admin("get deployment,replicaset,service -n team-a -o name");
      return names.trim() === "" ? true : undefined;
    });
  });

  test("a namespace full of managed resources terminates", async () => {
    await admin("delete namespace team-b --timeout=45s");
  });
});
