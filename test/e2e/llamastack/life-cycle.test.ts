/** A Llama Stack server in a cluster, from its sample to its end: what is written, what is kept, and what nobody gets to see. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import { decodeRecord } from "../../../server/storage/records/record.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import { hostileRegistry, place } from "../../support/hostile-registry.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { repository } from "../../support/standalone.ts";

const reason = noControlPlane(["kube-controller-manager", "kube-scheduler", "kwok", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: Llama Stack in a cluster (${reason})`);

interface Shown {
  readonly metadata: { readonly generation: number };
  readonly spec: Record<string, unknown>;
  readonly status: {
    readonly phase: string;
    readonly observedGeneration: number;
    readonly configGeneration?: { readonly configMapName: string; readonly generatedAt: string };
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

const sample = readFileSync(path.join(repository, "manifests/samples/81-llama-stack-simple.yaml"), "utf8");
const name = "stack-simple";
const kinds = "deployments,services,configmaps,serviceaccounts,pvc,hpa,pdb,ingresses,networkpolicies";
const labelled = `-l hawsepipe.dev/llama-stack-distribution=${name}`;
const canary = "canary-29d1f7c3";

describe.skipIf(reason !== undefined).each(flavours)(
  "a LlamaStackDistribution over $flavour",
  ({ start, isAggregated }) => {
    let cluster: Installed;
    let run: ReturnType<typeof succeeding>;

    beforeAll(async () => {
      cluster = await start({ scheduler: true, gpuNodes: 1 });
      run = succeeding(cluster.admin);
      await run("create namespace team-a");
    });
    afterAll(async () => {
      await cluster.stop();
    });

    const shown = async (): Promise<Shown> =>
      JSON.parse(await run(`get llsd ${name} -n team-a -o json`)) as Shown;
    const patch = async (spec: object): Promise<void> => {
      await run([
        "patch",
        "llsd",
        name,
        "-n",
        "team-a",
        "--type=merge",
        `--patch=${JSON.stringify({ spec })}`,
      ]);
    };
    /** The distribution, once its status is of the newest spec and says all of this. */
    const becomes = (...wanted: readonly string[]): Promise<Shown> =>
      eventually(`${name} to say ${wanted.join(", ")}`, async () => {
        const found = await shown();
        const { status, metadata } = found;
        const said = status.conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`);
        const isCurrent = status.observedGeneration === metadata.generation;
        if (isCurrent && wanted.every((each) => [`phase=${status.phase}`, ...said].includes(each)))
          return found;
        throw new Error(JSON.stringify(status));
      });
    /** How often an event was told of; it is written after the status. */
    const timesTold = (reason: string): Promise<string> =>
      eventually(`the event ${reason}`, async () => {
        const about = `involvedObject.name=${name},reason=${reason}`;
        const counts = await run(
          `get events -n team-a --field-selector ${about} -o jsonpath={.items[*].count}`,
        );
        return counts === "" ? undefined : counts;
      });
    const messageOf = ({ status }: Shown, type: string): string =>
      status.conditions.find((condition) => condition.type === type)?.message ?? "";
    /** Every rendered object with what changes when somebody writes it; status apart. */
    const written = async (): Promise<readonly string[]> => {
      const { items } = JSON.parse(await run(`get ${kinds} -n team-a ${labelled} -o json`)) as {
        items: {
          kind: string;
          spec?: unknown;
          metadata: { name: string; generation?: number; managedFields?: object[] };
        }[];
      };
      return items
        .map(({ kind, metadata, spec }) => JSON.stringify([kind, metadata.name, metadata.generation, spec]))
        .sort();
    };
    const look = async (): Promise<void> => {
      const at = `hawsepipe.dev/reconcile-requested-at=${String(Date.now())}`;
      await run(["annotate", "llsd", name, "-n", "team-a", "--overwrite", at]);
    };
    const provider = (id: string, more: object = {}): object => ({
      id,
      provider: "vllm",
      endpoint: `http://${id}:8000/v1`,
      ...more,
    });

    test("of the sample becomes Ready, on a configuration that cannot be changed", async () => {
      await run("apply -n team-a -f -", sample);
      const { status } = await becomes("phase=Ready", "ConfigGenerated=True/ConfigGenerationSucceeded");
      const config = status.configGeneration?.configMapName ?? "";
      expect(await run(`get cm ${config} -n team-a -o jsonpath={.immutable}`)).toBe("true");
      const pods = await run(
        `get pods -n team-a ${labelled} -o jsonpath={.items[*].spec.volumes[*].configMap.name}`,
      );
      expect(pods).toBe(config);
    });

    test.each<{ version: string; other: string; spec: object; reads: object }>([
      {
        version: "v1alpha1",
        other: "v1alpha2",
        spec: {
          replicas: 0,
          server: {
            distribution: { name: "starter" },
            containerSpec: { name: "stack", port: 9000, env: [{ name: "A", value: "1" }] },
            podOverrides: { terminationGracePeriodSeconds: 0 },
            podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 },
            storage: {},
          },
          network: { exposeRoute: false, allowedFrom: { namespaces: ["team-b"] } },
        },
        reads: {
          distribution: { name: "starter" },
          networking: { port: 9000, allowedFrom: { namespaces: ["team-b"] } },
          workload: {
            replicas: 0,
            overrides: { env: [{ name: "A", value: "1" }], terminationGracePeriodSeconds: 0 },
            podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 },
            storage: {},
          },
        },
      },
      {
        version: "v1alpha2",
        other: "v1alpha1",
        spec: {
          distribution: { name: "starter" },
          providers: { inference: [provider("a", { settings: { tries: 3, note: null, rates: [0.5, 1] } })] },
          resources: { models: [{ name: "m", provider: "a" }], tools: ["websearch"] },
          disabled: ["eval"],
          networking: { expose: { enabled: false, hostname: "h.example" } },
          workload: { replicas: 0 },
        },
        reads: {
          replicas: 0,
          server: { distribution: { name: "starter" } },
          network: { exposeRoute: false },
        },
      },
    ])("of $version is read as $other, and written back so it loses nothing", async (given) => {
      const { version, other, spec, reads } = given;
      const named = `older-${version}`;
      const read = async (as: string): Promise<KubeObject> =>
        JSON.parse(
          await run(`get llamastackdistributions.${as}.hawsepipe.dev ${named} -n team-a -o json`),
        ) as KubeObject;
      await run("create -f -", {
        apiVersion: `hawsepipe.dev/${version}`,
        kind: "LlamaStackDistribution",
        metadata: { name: named, namespace: "team-a" },
        spec,
      });
      expect((await read(version)).spec).toEqual(spec);
      // Nobody writes it any more, so what is read now can be written back.
      await run(`wait llsd ${named} -n team-a --for=jsonpath={.status.phase}=Ready --timeout=120s`);
      const seen = await read(other);
      expect([seen.apiVersion, seen.spec]).toEqual([`hawsepipe.dev/${other}`, reads]);
      await run("replace -f -", seen);
      const { metadata, spec: after } = await read(version);
      expect([metadata.generation, after]).toEqual([1, spec]);
      await run(`delete llsd ${named} -n team-a --wait=false`);
    });

    test("refuses a Secret that is not there, then rolls once onto a new configuration", async () => {
      const before = await shown();
      const refs = { apiKey: { secretKeyRef: { name: "vllm-key", key: "token" } } };
      const change = {
        providers: { inference: [provider("a"), provider("b", refs)] },
        resources: { models: [{ name: "m", provider: "b" }] },
      };
      await expect(patch(change)).rejects.toThrow("spec.providers.inference[1].apiKey");
      await run(`create secret generic vllm-key -n team-a --from-literal=token=${canary}`);
      const generation = Number(await run(`get deploy ${name} -n team-a -o jsonpath={.metadata.generation}`));
      await patch(change);
      const after = await becomes("phase=Ready", "SecretsResolved=True/AllSecretsFound");
      expect(after.status.configGeneration?.configMapName).not.toBe(
        before.status.configGeneration?.configMapName,
      );
      expect(Number(await run(`get deploy ${name} -n team-a -o jsonpath={.metadata.generation}`))).toBe(
        generation + 1,
      );
      const sets = await run(`get rs -n team-a ${labelled} -o jsonpath={.items[*].metadata.name}`);
      expect(sets.split(" ")).toHaveLength(2);
    });

    test("is not touched by the same in another order, nor by looking again", async () => {
      const before = await written();
      const { spec, status } = await becomes("phase=Ready");
      const reversed = Object.fromEntries(Object.entries(spec).reverse());
      const object = {
        apiVersion: "hawsepipe.dev/v1alpha2",
        kind: "LlamaStackDistribution",
        metadata: { name, namespace: "team-a" },
        spec: reversed,
      };
      await run("replace -f -", object);
      for (let i = 0; i < 5; i += 1) await look();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const after = await becomes("phase=Ready");
      expect(after.status.configGeneration).toEqual(status.configGeneration);
      expect(await written()).toEqual(before);
    });

    test("keeps what runs when a change cannot be made, and says why", async () => {
      const before = await written();
      await expect(patch({ resources: { models: [{ name: "m", provider: "nobody" }] } })).rejects.toThrow(
        "spec.resources.models[0].provider",
      );
      await run("delete secret vllm-key -n team-a");
      // Known references are not asked for again by admission.
      await patch({ networking: { port: 9000 } });
      const held = await becomes(
        "SecretsResolved=False/SecretNotFound",
        "Available=True/MinimumReplicasAvailable",
      );
      expect(messageOf(held, "SecretsResolved")).toContain("Secret not found: vllm-key");
      expect(messageOf(held, "DeploymentUpdated")).toContain("stays as it was");
      expect(await written()).toEqual(before);
      expect(await timesTold("SecretResolutionFailed")).toBe("1");
      await run(`create secret generic vllm-key -n team-a --from-literal=token=${canary}`);
      await look();
      await becomes("phase=Ready", "SecretsResolved=True/AllSecretsFound");
      expect(await run(`get svc ${name}-service -n team-a -o jsonpath={.spec.ports[0].port}`)).toBe("9000");
    });

    test("keeps what runs when its name comes to stand for what cannot be generated for", async () => {
      const registry = await hostileRegistry();
      try {
        const before = await written();
        const base = (text: string): Record<string, string> => ({
          "io.llamastack.config.base64": Buffer.from(text).toString("base64"),
        });
        const image = place(registry, { labels: base("version: 3\n") }).name;
        const settings = {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "hawsepipe-llamastack", namespace: "hawsepipe-system" },
          data: {
            "image-overrides": `starter: ${image}`,
            registries: JSON.stringify({ [registry.host]: { insecure: true } }),
          },
        };
        await run("apply -f -", settings);
        const failed = await becomes(
          "phase=Failed",
          "ConfigGenerated=False/UpgradeConfigFailure",
          "DeploymentUpdated=False/DeploymentUpdateSkipped",
          "Available=True/MinimumReplicasAvailable",
        );
        expect(messageOf(failed, "ConfigGenerated")).toContain("Unsupported config.yaml version 3");
        expect(await written()).toEqual(before);
        expect(await timesTold("ConfigGenerationFailed")).toBe("1");
        await run("delete cm hawsepipe-llamastack -n hawsepipe-system");
        await becomes("phase=Ready", "ConfigGenerated=True/ConfigGenerationSucceeded");
        expect(await written()).toEqual(before);
      } finally {
        await registry.close();
      }
    });

    test("changes its strategy with its volume, both ways", async () => {
      const strategy = (): Promise<string> =>
        run(`get deploy ${name} -n team-a -o jsonpath={.spec.strategy.type}`);
      await patch({ workload: { storage: { size: "1Gi" } } });
      // Nothing here makes volumes: the old pod is gone, and the new one waits for its claim.
      await becomes(
        "DeploymentUpdated=True/DeploymentUpdateSucceeded",
        "StorageReady=False/PVCsPending",
        "Available=False/ReplicasUnavailable",
      );
      expect(await strategy()).toBe("Recreate");
      await patch({ workload: null });
      await becomes("phase=Ready");
      expect(await strategy()).toBe("RollingUpdate");
      expect(await run(`get pvc -n team-a ${labelled} -o name`)).toContain(`${name}-pvc`);
    });

    test("by name alone speaks TLS, with a configuration that says where its certificate is", async () => {
      const data = { "tls.crt": "certificate", "tls.key": "key" };
      const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "stack-tls" }, stringData: data };
      await run("create -n team-a -f -", { ...secret, type: "kubernetes.io/tls" });
      const spec = {
        distribution: { name: "starter" },
        networking: { tls: { enabled: true, secretName: "stack-tls" } },
      };
      const metadata = { name: "secure" };
      await run("create -n team-a -f -", {
        ...{ apiVersion: "hawsepipe.dev/v1alpha2", kind: "LlamaStackDistribution", metadata, spec },
      });
      await run("wait llsd secure -n team-a --for=jsonpath={.status.phase}=Ready --timeout=120s");
      const status = JSON.parse(
        await run("get llsd secure -n team-a -o jsonpath={.status}"),
      ) as Shown["status"];
      expect(status).toMatchObject({ serviceURL: "https://secure-service.team-a.svc.cluster.local:8321" });
      const config = status.configGeneration?.configMapName ?? "";
      expect(await run(`get cm ${config} -n team-a -o jsonpath={.data}`)).toContain(
        "tls_certfile: /etc/llama-stack-tls/tls.crt",
      );
      const { items } = JSON.parse(
        await run("get pods -n team-a -l hawsepipe.dev/llama-stack-distribution=secure -o json"),
      ) as { items: { spec: object }[] };
      expect(items.map((pod) => pod.spec)).toEqual([
        expect.objectContaining({
          volumes: expect.arrayContaining([
            expect.objectContaining({ configMap: expect.objectContaining({ name: config }) as object }),
            expect.objectContaining({
              secret: expect.objectContaining({ secretName: "stack-tls" }) as object,
            }),
          ]) as object,
          containers: [
            expect.objectContaining({
              livenessProbe: expect.objectContaining({
                httpGet: { path: "/v1/health", port: "http", scheme: "HTTPS" },
              }) as object,
            }),
          ],
        }),
      ]);
      await run("delete llsd secure -n team-a --timeout=120s");
    });

    test("takes everything with it, and a Secret's value was seen nowhere", async () => {
      const everything = `${kinds},replicasets,events,llsd`;
      const texts = [await run(`get ${everything} -A -o yaml --show-managed-fields`), cluster.log()];
      if (isAggregated) {
        const { items } = JSON.parse(await run("get records.storage.hawsepipe.dev -A -o json")) as {
          items: KubeObject[];
        };
        // Large values are compressed: each is looked at as the server reads it.
        const values = items.map((record) => decodeRecord(record)?.value.toString() ?? "{}");
        texts.push(JSON.stringify(items), ...values);
        expect([values.join(), JSON.stringify(items)].map((text) => text.includes("vllm-key"))).toEqual([
          true,
          false,
        ]);
        const stored = values.map((text) => JSON.parse(text) as KubeObject);
        const versions = stored
          .filter(({ kind }) => kind === "LlamaStackDistribution")
          .map(({ apiVersion }) => apiVersion);
        expect(new Set(versions)).toEqual(new Set(["hawsepipe.dev/v1alpha2"]));
      } else {
        const crd = "get crd llamastackdistributions.hawsepipe.dev -o jsonpath={.status.storedVersions}";
        expect(await run(crd)).toBe('["v1alpha2"]');
      }
      for (const text of texts) {
        expect(text).not.toContain(canary);
        expect(text).not.toContain(Buffer.from(canary).toString("base64"));
      }
      await run(`delete llsd ${name} -n team-a --timeout=120s`);
      await eventually("nothing of it left", async () => {
        const left = await run(`get ${kinds} -n team-a ${labelled} -o name`);
        return left === "" ? true : undefined;
      });
    });
  },
);
