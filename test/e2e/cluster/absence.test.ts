/** No server at all for a while, with the cluster's controllers at work: what was rendered stays, what was missed is healed. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { rawHttps } from "../../support/raw-https.ts";
import { repository } from "../../support/standalone.ts";

const reason = noControlPlane(["kube-controller-manager", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: a server that is away (${reason})`);
const crds = path.join(repository, "cluster/standalone/crds");
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments";

const away = "a server over $flavour that is away for a while";
describe.skipIf(reason !== undefined).each(flavours)(away, ({ isAggregated, start }) => {
  let cluster: Installed;
  let token: string;
  let admin: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    cluster = await start({});
    admin = succeeding(cluster.admin);
    await admin("create clusterrole metrics-reader --verb=get --non-resource-url=/metrics");
    await admin(
      "create clusterrolebinding scraper --clusterrole=metrics-reader --serviceaccount=default:scraper",
    );
    await admin("create serviceaccount scraper");
    token = (await admin("create token scraper")).trim();
  });
  afterAll(async () => {
    await cluster.stop();
  });

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  const rendered = (name: string, namespace = "default"): Promise<unknown> =>
    eventually(`what ${name} asks for`, async () => {
      const { code } = await cluster.admin(`get deployment/${name} service/${name} -n ${namespace}`);
      return code === 0 ? true : undefined;
    });

  /** The numbers of orphans by kind, of kinds that have any. */
  async function orphans(): Promise<Readonly<Record<string, number>>> {
    const headers = { authorization: `Bearer ${token}` };
    const { status, text } = await rawHttps(`${cluster.origin}/metrics`, { headers });
    expect([status, text]).toEqual([200, expect.stringContaining("hawsepipe_")]);
    const found = text.matchAll(/^hawsepipe_orphaned_resources\{.*kind="(\w+)".*\} ([1-9]\d*)$/gm);
    return Object.fromEntries([...found].map(([, kind = "", number]) => [kind, Number(number)]));
  }

  /** What an orphaning deletion left says so, nothing else does, and a deployment of the name takes it back. */
  async function orphansAreReported(): Promise<void> {
    const both = { Deployment: 1, Service: 1 };
    await eventually("the orphans to be counted", async () => {
      const found = await orphans();
      if (found["Service"] === 1) return true;
      throw new Error(JSON.stringify(found));
    });
    expect(await orphans()).toEqual(both);
    const events = "get events -A --field-selector reason=Orphaned -o";
    const told = await eventually("the events", async () => {
      const each = "{.involvedObject.kind}/{.involvedObject.name} {.type} {.count}";
      const said = (await admin([...events.split(" "), `jsonpath={range .items[*]}${each};{end}`])).split(
        ";",
      );
      return said.length > 2 ? said : undefined;
    });
    expect(told.sort()).toEqual(["", "Deployment/left Warning 1", "Service/left Warning 1"]);
    expect(await admin(`${events} jsonpath={.items[0].message}`)).toMatch(/^ModelDeployment "left" is gone/);

    await admin("create -f -", aDeployment("left"));
    await eventually("nobody's to be somebody's again", async () => {
      const owner = await admin("get service left -o jsonpath={.metadata.ownerReferences[*].name}");
      return owner === "left" ? true : undefined;
    });
    expect(await orphans()).toEqual({});
  }

  test("costs nothing that was rendered, and on its return finds what was changed and deleted meanwhile", async () => {
    await admin("create namespace doomed");
    for (const name of ["kept", "edited", "robbed"]) await admin("create -f -", aDeployment(name));
    await admin("create -f -", aDeployment("inside", {}, "doomed"));
    for (const name of ["kept", "edited", "robbed"]) await rendered(name);
    await rendered("inside", "doomed");
    await admin("create -f -", aDeployment("left"));
    await rendered("left");
    await admin("delete mdep left --cascade=orphan --timeout=120s");
    const uid = await admin("get deployment kept -o jsonpath={.metadata.uid}");

    await cluster.halt("SIGKILL");
    if (isAggregated) {
      await eventually("kube-apiserver to notice", async () => {
        const { code } = await cluster.admin("get mdep kept");
        return code === 0 ? undefined : true;
      });
    }
    await admin("scale deployment edited --replicas=4");
    await admin("delete deployment robbed");
    await admin("delete namespace doomed --wait=false");
    // Each write makes the garbage collector look at the owners again, which kube-apiserver knows where they are CRDs.
    for (let i = 0; i < (isAggregated ? 10 : 1); i += 1) {
      await admin(`annotate deployment/kept service/kept look=${String(i)} --overwrite`);
      await pause(1000);
    }
    expect(await admin("get deployment kept -o jsonpath={.metadata.uid}")).toBe(uid);
    expect(await admin("get replicaset -o name")).toContain("replicaset.apps/kept-");
    // Over CRDs kube-apiserver goes on serving them; of what it would ask us for it says that it cannot.
    const read = await cluster.admin(`get --raw ${collection}/kept`);
    const unavailable =
      "Error from server (ServiceUnavailable): the server is currently unable to handle the request";
    expect([read.code, read.stderr.trim()]).toEqual(isAggregated ? [1, unavailable] : [0, ""]);

    await cluster.restart();
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
    await orphansAreReported();
    await admin("wait --for=delete namespace/doomed --timeout=150s");
    await admin("delete mdep --all --timeout=120s");
    await eventually("nothing left", async () =>
      (await admin("get deployments,replicasets -o name")) === "" ? true : undefined,
    );
  });

  test("another provider takes over when its resource would be accepted, and with Reject not at all", async () => {
    const model = { id: "phi-4-mini-instruct" };
    await admin("create -f -", aDeployment("moving", { provider: { name: "kaito" }, model }));
    const uid = await eventually("the Workspace", async () => {
      const found = await cluster.admin("get workspace moving -o jsonpath={.metadata.uid}");
      return found.code === 0 ? found.stdout : undefined;
    });
    const change = (spec: object): ReturnType<typeof cluster.admin> =>
      cluster.admin(["patch", "mdep", "moving", "--type=merge", "-p", JSON.stringify({ spec })]);
    const unknown = { spec: { template: { spec: { noSuchField: 1 } } } };
    for (const [spec, words] of [
      [{ provider: { name: "vllm" }, updatePolicy: "Reject" }, "spec.updatePolicy: Forbidden: is Reject"],
      [{ model: { id: "phi-4" }, updatePolicy: "Reject" }, "inference.preset cannot be changed in place"],
      [{ provider: { name: "vllm", overrides: unknown } }, "noSuchField"],
    ] as const) {
      const refused = await change(spec);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(words)]);
    }
    expect(await admin("get workspace moving -o jsonpath={.metadata.uid}")).toBe(uid);

    expect((await change({ provider: { name: "vllm" } })).code).toBe(0);
    await eventually("the Deployment in the place of the Workspace", async () => {
      const old = await cluster.admin("get workspace moving");
      const next = await cluster.admin("get deployment moving");
      return old.code === 1 && next.code === 0 ? true : undefined;
    });
    await eventually("the event", async () =>
      (await admin("get events -o jsonpath={.items[*].reason}")).includes("Replacing"),
    );
    await admin("delete mdep moving --timeout=120s");
  });

  test("a provider whose kind is removed keeps nothing from being deleted, and is taken up when it is back", async () => {
    const kaito = (name: string): object => aDeployment(name, { provider: { name: "kaito" } });
    for (const name of ["kept", "deleted"]) await admin("create -f -", kaito(name));
    await eventually("the Workspaces", async () =>
      (await cluster.admin("get workspace kept deleted")).code === 0 ? true : undefined,
    );

    await admin("delete crd workspaces.kaito.sh --timeout=120s");
    const refused = await cluster.admin("create -f -", kaito("late"));
    expect([refused.code, refused.stderr]).toEqual([
      1,
      // Of the dry run, or of the provider, which is not ready any more as soon as that is seen.
      expect.stringMatching(/Workspace of kaito\.sh\/.*(does not serve|is served)/),
    ]);
    await admin("delete mdep deleted --timeout=120s");
    await eventually("the one that stays to say what it lacks", async () => {
      const said = await admin("get mdep kept -o jsonpath={.status.phase}");
      return said === "Failed" || said === "Pending" ? true : undefined;
    });

    await admin(["apply", "-f", crds]);
    await eventually(
      "the Workspace again",
      async () => ((await cluster.admin("get workspace kept")).code === 0 ? true : undefined),
      90,
    );
    await admin("delete mdep kept --timeout=120s");
  });
});
