/** No server at all for a while, with the cluster's controllers at work: what was rendered stays, what was missed is healed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";

const reason = noControlPlane(["kube-controller-manager", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: a server that is away (${reason})`);

describe.skipIf(reason !== undefined)("a server that is away for a while", () => {
  let cluster: Cluster;
  let server: Replica;
  let admin: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    cluster = await startCluster({ controllerManager: true });
    server = await cluster.startReplica();
    await available(cluster);
    admin = succeeding(cluster.admin);
  });
  afterAll(async () => {
    await cluster.close();
  });

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  const rendered = (name: string, namespace = "default"): Promise<unknown> =>
    eventually(`what ${name} asks for`, async () => {
      const { code } = await cluster.admin(`get deployment/${name} service/${name} -n ${namespace}`);
      return code === 0 ? true : undefined;
    });

  test("costs nothing that was rendered, and on its return finds what was changed and deleted meanwhile", async () => {
    await admin("create namespace doomed");
    for (const name of ["kept", "edited", "robbed"]) await admin("create -f -", aDeployment(name));
    await admin("create -f -", aDeployment("inside", {}, "doomed"));
    for (const name of ["kept", "edited", "robbed"]) await rendered(name);
    await rendered("inside", "doomed");
    const uid = await admin("get deployment kept -o jsonpath={.metadata.uid}");

    await server.stop("SIGKILL");
    await eventually("kube-apiserver to notice", async () => {
      const { code } = await cluster.admin("get mdep kept");
      return code === 0 ? undefined : true;
    });
    await admin("scale deployment edited --replicas=4");
    await admin("delete deployment robbed");
    await admin("delete namespace doomed --wait=false");
    // Each write makes the garbage collector look at the owners again.
    for (let i = 0; i < 10; i += 1) {
      await admin(`annotate deployment/kept service/kept look=${String(i)} --overwrite`);
      await pause(1000);
    }
    expect(await admin("get deployment kept -o jsonpath={.metadata.uid}")).toBe(uid);
    expect(await admin("get replicaset -o name")).toContain("replicaset.apps/kept-");
    const refused = await cluster.admin("get mdep kept");
    expect(refused.stderr).not.toContain("NotFound");

    await cluster.startReplica();
    await available(cluster);
    await rendered("robbed");
    await eventually("the edited one as rendered", async () =>
      (await admin("get deployment edited -o jsonpath={.spec.replicas}")) === "1" ? true : undefined,
    );
    await eventually("the status to say so", async () => {
      const seen = await admin(
        "get mdep edited -o jsonpath={.status.observedGeneration}/{.metadata.generation}",
      );
      return seen === "1/1" ? true : undefined;
    });
    expect(await admin("get deployment kept -o jsonpath={.metadata.uid}")).toBe(uid);
    await admin("wait --for=delete namespace/doomed --timeout=90s");
    await admin("delete mdep --all --timeout=60s");
    await eventually("nothing left", async () =>
      (await admin("get deployments,replicasets -o name")) === "" ? true : undefined,
    );
  });
});
