/** The roles of a server in processes of their own: the API with its objects on a volume, and the reconciler. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentedMetrics } from "../../../cli/testing/documented-metrics.ts";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { granted, startCluster, systemNamespace, usable } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { rawHttps } from "../../support/raw-https.ts";

const reason = noControlPlane();

describe.skipIf(reason !== undefined)("a server whose roles are in processes of their own", () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof succeeding>;
  let api: Replica;
  let reconciler: Replica;
  let config: string;
  /** Of an account that may read metrics. */
  let token: string;

  beforeAll(async () => {
    cluster = await startCluster({ guard: true });
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    const folder = path.join(cluster.directory, "settings");
    mkdirSync(folder);
    config = path.join(folder, "server.yaml");
    writeFileSync(
      config,
      [
        "apiVersion: config.hawsepipe.dev/v1alpha1",
        "kind: ServerConfiguration",
        "roles: [api, webhook]",
        "storage: embedded",
        "dataDir: objects",
        "guardExempt: [mallory]",
        "llamaStackMissingReferences: Warn",
      ].join("\n"),
    );
    const [port = 0] = await freePorts(1);
    api = await cluster.startReplica({ flags: ["--config", config] });
    reconciler = await cluster.startReplica({
      port,
      flags: ["--roles=reconciler", "--leader-elect=false"],
    });
    await usable(cluster);
    await eventually("the reconciler's CA in the guard", async () => {
      const bundles = await admin(
        "get validatingwebhookconfiguration hawsepipe-guard -o jsonpath={.webhooks[*].clientConfig.caBundle}",
      );
      return bundles.split(" ").length === 3 ? true : undefined;
    });
    await admin(
      "create role scaler --verb=get,update,patch --resource=deployments.apps,deployments.apps/scale -n team-a",
    );
    await admin("create rolebinding ann --role=scaler --user=ann -n team-a");
    await granted(cluster.admin, "patch deployments.apps --subresource=scale -n team-a --as=ann");
  });
  afterAll(async () => {
    await cluster.close();
  });

  test("renders what is created, though the API does not reconcile", async () => {
    await admin("create -f -", aDeployment("apart", {}, "team-a"));
    await eventually("the Deployment", async () =>
      (await cluster.admin("get deployment apart -n team-a")).code === 0 ? true : undefined,
    );
    await eventually("the status", async () => {
      const phase = await admin("get modeldeployment apart -n team-a -o jsonpath={.status.phase}");
      return phase === "" ? undefined : true;
    });
    expect((await cluster.admin(`get lease hawsepipe-leader -n ${systemNamespace}`)).code).toBe(1);
  });

  test("keeps its objects on its volume, alone, and finds them again", async () => {
    const uid = await admin("get modeldeployment apart -n team-a -o jsonpath={.metadata.uid}");
    expect(await admin(`get records -n ${systemNamespace} -o name`)).toBe("");
    const [port = 0] = await freePorts(1);
    await expect(cluster.startReplica({ port, flags: ["--config", config] })).rejects.toThrow(
      /is in use|locked|busy/,
    );
    await api.stop();
    api = await cluster.startReplica({ flags: ["--config", config] });
    // kube-apiserver looks every few seconds whether a server it could not reach is back.
    await eventually("kube-apiserver to find the server again", async () => {
      const found = await cluster.admin("get modeldeployment apart -n team-a -o jsonpath={.metadata.uid}");
      if (found.code !== 0) return undefined;
      expect(found.stdout).toBe(uid);
      return true;
    });
  });

  test("takes what refers to a Secret that is to come, with a warning, and waits for it", async () => {
    const secretKeyRef = { name: "later", key: "token" };
    const { code, stderr } = await cluster.admin("create -f -", {
      apiVersion: "hawsepipe.dev/v1alpha2",
      kind: "LlamaStackDistribution",
      metadata: { name: "waiting", namespace: "team-a" },
      spec: {
        distribution: { name: "starter" },
        providers: {
          inference: [{ provider: "vllm", endpoint: "http://vllm:8000/v1", apiKey: { secretKeyRef } }],
        },
      },
    });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        'Warning: spec.providers.inference[0].apiKey.secretKeyRef.name: "later" does not exist yet',
      ),
    ]);
    const becomes = (reason: string): Promise<string> =>
      eventually(reason, async () => {
        const said = await admin(
          'get llsd waiting -n team-a -o jsonpath={.status.conditions[?(@.type=="SecretsResolved")].reason}',
        );
        return said === reason ? said : undefined;
      });
    await becomes("SecretNotFound");
    expect((await cluster.admin("get deployment waiting -n team-a")).code).toBe(1);
    await admin("create secret generic later -n team-a --from-literal=token=x");
    await admin("annotate llsd waiting -n team-a hawsepipe.dev/reconcile-requested-at=now");
    await becomes("AllSecretsFound");
    await eventually("its Deployment", async () =>
      (await cluster.admin("get deployment waiting -n team-a")).code === 0 ? true : undefined,
    );
  });

  /** Who it says makes the request: kube-apiserver would send this for a change of the rendered Deployment. */
  const review = async (username: string, padding = 0): Promise<Record<string, unknown>> => {
    const object = JSON.parse(await admin("get deployment apart -n team-a -o json")) as {
      spec: { replicas: number };
      metadata: { annotations?: object };
    };
    const changed = {
      ...object,
      spec: { ...object.spec, replicas: 7 },
      metadata: { ...object.metadata, annotations: { padding: "x".repeat(padding) } },
    };
    return {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      request: {
        uid: "1",
        kind: { group: "apps", version: "v1", kind: "Deployment" },
        resource: { group: "apps", version: "v1", resource: "deployments" },
        name: "apart",
        namespace: "team-a",
        operation: "UPDATE",
        userInfo: { username, groups: ["system:authenticated"] },
        object: changed,
        oldObject: { ...object, metadata: { ...changed.metadata, labels: changed.metadata } },
        options: {},
      },
    };
  };
  const post = async (
    replica: Replica,
    at: string,
    body: object,
  ): Promise<{ readonly status: number; readonly allowed: boolean | undefined }> => {
    const { status, text } = await rawHttps(`${replica.url}${at}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = status === 200 ? (JSON.parse(text) as { response: { allowed: boolean } }) : undefined;
    return { status, allowed: answer?.response.allowed };
  };

  test("guards what is rendered, with the lists of the configuration", async () => {
    const refused = await cluster.admin("scale deployment apart -n team-a --replicas=7 --as=ann");
    expect(refused.stderr).toContain('it is rendered from ModelDeployment "apart"');
    expect(await post(api, "/admission/guard", await review("ann"))).toEqual({ status: 200, allowed: false });
    expect(await post(api, "/admission/guard", await review("mallory"))).toEqual({
      status: 200,
      allowed: true,
    });
  });

  test("takes reviews larger than any request body", async () => {
    const large = await review("mallory", 2 * 1024 * 1024);
    expect(JSON.stringify(large).length).toBeGreaterThan(4 * 1024 * 1024);
    expect(await post(api, "/admission/guard", large)).toEqual({ status: 200, allowed: true });
  });

  test("shows its metrics to those who may read them, by a token, whatever its roles", async () => {
    await admin("create clusterrole metrics-reader --verb=get --non-resource-url=/metrics");
    await admin(
      "create clusterrolebinding scraper --clusterrole=metrics-reader --serviceaccount=team-a:scraper",
    );
    for (const name of ["scraper", "other"]) await admin(`create serviceaccount ${name} -n team-a`);
    const tokens = ["scraper", "other"].map((name) => admin(`create token ${name} -n team-a`));
    const [scraper = "", other = ""] = (await Promise.all(tokens)).map((text) => text.trim());
    token = scraper;
    await granted(cluster.admin, "get /metrics --as=system:serviceaccount:team-a:scraper");
    for (const { url } of [api, reconciler]) {
      const statuses = [scraper, other, "made-up"].map(async (credential) => {
        const headers = { authorization: `Bearer ${credential}` };
        return (await rawHttps(`${url}/metrics`, { headers })).status;
      });
      expect(await Promise.all(statuses)).toEqual([200, 403, 401]);
      expect((await rawHttps(`${url}/metrics`)).status).toBe(403);
    }
  });

  test("has all its processes together exactly the metrics of the reference", async () => {
    const shown = [api, reconciler].map(async ({ url }) => {
      const headers = { authorization: `Bearer ${token}` };
      const { text } = await rawHttps(`${url}/metrics`, { headers });
      return text.match(/^# TYPE \w+ \w+$/gm) ?? [];
    });
    const expected = documentedMetrics().map(({ name, type }) => `# TYPE ${name} ${type}`);
    expect(new Set((await Promise.all(shown)).flat())).toEqual(new Set(expected));
  });

  test("answers only what belongs to a role", async () => {
    const body = await review("ann");
    expect((await post(reconciler, "/admission/guard", body)).status).toBe(403);
    expect((await post(api, "/admission/mutate", body)).status).toBe(403);
    for (const replica of [api, reconciler]) {
      expect((await rawHttps(`${replica.url}/readyz`)).status).toBe(200);
    }
    const { cert, key } = cluster.controlPlane.admin;
    const own = await rawHttps(`${reconciler.url}/apis/hawsepipe.dev/v1alpha2/modeldeployments`, {
      cert,
      key,
    });
    expect([401, 403, 404]).toContain(own.status);
  });
});
