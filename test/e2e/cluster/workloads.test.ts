/**
 * What a cluster makes of a model: prefill and decode of llm-d, rollouts that go wrong, volumes and downloads, with the
 * controller manager, the scheduler and simulated GPU nodes.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";

const reason = noControlPlane(["kube-controller-manager", "kube-scheduler", "kwok", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: workloads in a cluster (${reason})`);

interface Shown {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly phase: string;
    readonly message: string;
    readonly observedGeneration: number;
    readonly replicas?: Readonly<Record<string, number>>;
    readonly endpoint?: object;
    readonly modelDownload?: { readonly job: string };
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}
interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly containerStatuses: readonly object[] };
}

const gpus = (count: number): object => ({ resources: { gpu: { count } } });

describe.skipIf(reason !== undefined).each(flavours)("workloads over $flavour", ({ start }) => {
  let cluster: Installed;
  let run: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    cluster = await start({ scheduler: true, gpuNodes: 2 });
    run = succeeding(cluster.admin);
    await run("create namespace team-a");
  });
  afterAll(async () => {
    await cluster.stop();
  });

  const create = async (name: string, spec: Readonly<Record<string, object>>): Promise<void> => {
    await run("create -f -", aDeployment(name, spec, "team-a"));
  };
  const patch = async (name: string, spec: object): Promise<void> => {
    await run(["patch", "mdep", name, "-n", "team-a", "--type=merge", `--patch=${JSON.stringify({ spec })}`]);
  };
  const shown = async (name: string): Promise<Shown> =>
    JSON.parse(await run(`get mdep ${name} -n team-a -o json`)) as Shown;
  /** The status, once it is of the newest spec and as wanted. */
  const becomes = (name: string, wanted: (status: Shown["status"]) => boolean): Promise<Shown["status"]> =>
    eventually(`${name} to become so`, async () => {
      const { metadata, status } = await shown(name);
      if (status.observedGeneration === metadata.generation && wanted(status)) return status;
      throw new Error(JSON.stringify(status));
    });
  const isRunning = (name: string): Promise<Shown["status"]> =>
    becomes(name, ({ phase }) => phase === "Running");
  const podsOf = async (name: string): Promise<readonly Pod[]> => {
    const text = await run(`get pods -n team-a -l hawsepipe.dev/model-deployment=${name} -o json`);
    return (JSON.parse(text) as { items: Pod[] }).items;
  };
  const conditionOf = ({ conditions }: Shown["status"], type: string): string => {
    const found = conditions.find((condition) => condition.type === type);
    return `${found?.status ?? "none"}/${found?.reason ?? ""}`;
  };

  describe("prefill and decode of llm-d", () => {
    test("run as two Deployments, and only decode answers under the name of the model", async () => {
      await create("pd", {
        provider: { name: "llmd" },
        serving: {
          mode: "disaggregated",
          resources: {},
          prefill: { replicas: 1, ...gpus(2) },
          decode: { replicas: 2, ...gpus(1) },
        },
      });
      const status = await isRunning("pd");
      expect(status).toMatchObject({
        replicas: { desired: 2, ready: 2, available: 2 },
        endpoint: { service: "pd", port: 8000 },
      });
      const pods = await podsOf("pd");
      const roles = pods.map(({ metadata, spec }) => [metadata.labels["llm-d.ai/role"], spec.nodeName]);
      expect(roles.sort()).toEqual(
        ["decode", "decode", "prefill"].map((role) => [role, expect.stringMatching(/^gpu-[01]$/) as unknown]),
      );
      const ips = pods
        .filter(({ metadata }) => metadata.labels["llm-d.ai/role"] === "decode")
        .map(({ status: { podIP } }) => podIP);
      await eventually("the endpoints", async () => {
        const slices = await run(
          "get endpointslices -n team-a -l kubernetes.io/service-name=pd -o jsonpath={.items[*].endpoints[*].addresses[*]}/{.items[*].ports[*].port}",
        );
        const [addresses = "", port] = slices.split("/");
        expect([addresses.split(" ").sort(), port]).toEqual([ips.sort(), "8000"]);
        return true;
      });
    });

    test("go to zero and back, one by one", async () => {
      await patch("pd", { serving: { decode: { replicas: 0 } } });
      await becomes("pd", ({ replicas }) => replicas?.["desired"] === 0 && replicas["ready"] === 0);
      // The Deployment no longer counts pods that are still on their way out.
      await eventually("the others to be gone", async () => (await podsOf("pd")).length === 1);
      await patch("pd", { serving: { prefill: { replicas: 0 } } });
      expect(conditionOf(await isRunning("pd"), "Ready")).toBe("True/ScaledToZero");
      await patch("pd", { serving: { decode: { replicas: 1 }, prefill: { replicas: 1 } } });
      const { message } = await isRunning("pd");
      expect(message).toBe("decode: 1 of 1 replicas are ready; prefill: 1 of 1 replicas are ready");
    });

    test("a prefill that fits on no node keeps the model from being ready, and says so", async () => {
      await patch("pd", { serving: { prefill: { resources: { gpu: { count: 9 } } } } });
      const status = await becomes("pd", ({ message }) => message.includes("Insufficient nvidia.com/gpu"));
      expect([status.phase, status.message]).toEqual(["Deploying", expect.stringMatching(/^prefill: /)]);
      await patch("pd", { serving: { prefill: { resources: { gpu: { count: 2 } } } } });
      await isRunning("pd");
    });

    test("become one component by being replaced", async () => {
      await patch("pd", {
        serving: {
          mode: "aggregated",
          replicas: 1,
          resources: { gpu: { count: 1 } },
          prefill: null,
          decode: null,
        },
      });
      await isRunning("pd");
      expect(await run("get deployments -n team-a -o name")).toBe("deployment.apps/pd\n");
      await run("delete mdep pd -n team-a --timeout=120s");
    });
  });

  describe.each(["llmd", "vllm"])("a change of a model on %s", (provider) => {
    const name = `change-${provider}`;

    test("that fits on no node leaves the version before serving, and can be taken back", async () => {
      await create(name, { provider: { name: provider }, serving: { replicas: 2, ...gpus(1) } });
      await isRunning(name);
      await patch(name, { serving: { resources: { gpu: { count: 9 } } } });
      const status = await becomes(name, ({ message }) => message.includes("Insufficient nvidia.com/gpu"));
      expect(conditionOf(status, "Ready")).toBe("False/PreviousVersionServing");
      expect(status.replicas).toMatchObject({ desired: 2, ready: 2, available: 2 });
      await patch(name, { serving: { resources: { gpu: { count: 1 } } } });
      await isRunning(name);
    });

    test("whose image cannot be pulled fails at once in the words of the kubelet, and recovers", async () => {
      for (const { metadata, status } of await podsOf(name)) {
        const [container] = status.containerStatuses;
        const waiting = { reason: "ImagePullBackOff", message: "manifest unknown" };
        const broken = {
          conditions: [
            { type: "Ready", status: "False" },
            { type: "ContainersReady", status: "False" },
          ],
          containerStatuses: [{ ...container, ready: false, started: false, state: { waiting } }],
        };
        await run([
          ...["patch", "pod", metadata.name, "-n", "team-a", "--subresource=status", "--type=strategic"],
          `--patch=${JSON.stringify({ status: broken })}`,
        ]);
      }
      const status = await becomes(name, ({ phase }) => phase === "Failed");
      expect(conditionOf(status, "Ready")).toBe("False/PodsFailing");
      expect(status.message).toContain("container engine: ImagePullBackOff: manifest unknown");
      // Written after the status.
      await eventually("the event", async () =>
        (await run(`events --for mdep/${name} -n team-a --types=Warning`)).includes("ImagePullBackOff"),
      );
      await run(`delete pods -n team-a -l hawsepipe.dev/model-deployment=${name}`);
      const { replicas } = await isRunning(name);
      expect(replicas).toMatchObject({ desired: 2, ready: 2 });
      await run(`delete mdep ${name} -n team-a --timeout=120s`);
    });
  });

  describe("weights on a claim", () => {
    const uidOf = (what: string): Promise<string> => run(`get ${what} -n team-a -o jsonpath={.metadata.uid}`);
    const jobsOf = async (): Promise<readonly string[]> =>
      (await run("get jobs -n team-a -o name")).split("\n").filter((line) => line !== "");
    const stored: Readonly<Record<string, object>> = {
      provider: { name: "llmd" },
      model: {
        volumes: [
          {
            name: "weights",
            purpose: "modelCache",
            size: "10Gi",
            storageClassName: "local",
            retentionPolicy: "Retain",
          },
        ],
        download: { nodeSelector: { nowhere: "yes" } },
      },
    };

    beforeAll(async () => {
      await run("create -f -", {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "local" },
        provisioner: "kubernetes.io/no-provisioner",
        volumeBindingMode: "WaitForFirstConsumer",
      });
      await run("create -f -", {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "disk" },
        spec: {
          storageClassName: "local",
          capacity: { storage: "20Gi" },
          accessModes: ["ReadWriteMany"],
          hostPath: { path: "/nowhere" },
        },
      });
    });

    test("are downloaded before the engine starts", async () => {
      await create("stored", stored);
      const status = await becomes("stored", ({ conditions }) =>
        conditions.some(({ type }) => type === "Ready"),
      );
      expect([status.phase, conditionOf(status, "ResourceCreated")]).toEqual([
        "Pending",
        "False/ModelDownloading",
      ]);
      const waiting = await becomes("stored", ({ message }) => message.includes("nodes are available"));
      expect(waiting.message).toMatch(/^Job stored-download-[0-9a-f]{8} downloads the model; .*: 0\/2 nodes/);
      expect(conditionOf(status, "StorageReady")).toBe("False/PVCsPending");
      expect(conditionOf(status, "ModelDownloaded")).toBe("False/DownloadInProgress");
      expect(await run("get deployments -n team-a -o name")).toBe("");
    });

    test("that cannot be downloaded are a failure in the words of the Job", async () => {
      const [job = ""] = await jobsOf();
      // A deadline is not ours, so it is no drift; it ends the Job as a hub that never answers would.
      await run([
        "patch",
        job,
        "-n",
        "team-a",
        "--type=merge",
        '--patch={"spec":{"activeDeadlineSeconds":1}}',
      ]);
      const status = await becomes("stored", ({ phase }) => phase === "Failed");
      expect(conditionOf(status, "ModelDownloaded")).toBe("False/DownloadFailed");
      expect(status.message).toMatch(/^Job stored-download-[0-9a-f]{8}: DeadlineExceeded: /);
      expect(await run("get deployments -n team-a -o name")).toBe("");
    });

    test("are downloaded by another Job once its settings are right, and then the engine starts", async () => {
      const [before = ""] = await jobsOf();
      const uid = await uidOf(before);
      await patch("stored", { model: { download: { nodeSelector: null } } });
      const status = await isRunning("stored");
      expect(["StorageReady", "ModelDownloaded"].map((type) => conditionOf(status, type))).toEqual([
        "True/PVCsBound",
        "True/DownloadComplete",
      ]);
      const jobs = await jobsOf();
      expect(jobs).toEqual([before]);
      expect(await uidOf(before)).not.toBe(uid);
      expect(status.modelDownload?.job).toBe(before.split("/")[1]);
    });

    test("of another model are downloaded while the old one serves, and only then it is replaced", async () => {
      const uid = await uidOf("deployment/stored");
      await patch("stored", { model: { id: "org/next", download: { nodeSelector: { nowhere: "yes" } } } });
      const status = await becomes("stored", ({ phase }) => phase === "Deploying");
      expect(["ResourceCreated", "Ready"].map((type) => conditionOf(status, type))).toEqual([
        "False/ModelDownloading",
        "False/PreviousVersionServing",
      ]);
      expect(status.replicas).toMatchObject({ desired: 1, ready: 1 });
      expect(await uidOf("deployment/stored")).toBe(uid);
      await patch("stored", { model: { download: { nodeSelector: null } } });
      await isRunning("stored");
      expect(await uidOf("deployment/stored")).not.toBe(uid);
      expect(await jobsOf()).toHaveLength(1);
    });

    test("are not downloaded again when the Job is gone", async () => {
      const [job = ""] = await jobsOf();
      await run(`delete ${job} -n team-a`);
      await patch("stored", { serving: { replicas: 2 } });
      const status = await becomes(
        "stored",
        ({ phase, replicas }) => phase === "Running" && replicas?.["ready"] === 2,
      );
      expect(conditionOf(status, "ModelDownloaded")).toBe("True/DownloadComplete");
      expect(await jobsOf()).toEqual([]);
    });

    test("outlive the model where they are to be kept, and serve the next of its name", async () => {
      const uid = await uidOf("pvc/stored-weights");
      await run("delete mdep stored -n team-a --timeout=120s");
      expect(await uidOf("pvc/stored-weights")).toBe(uid);
      await create("stored", { ...stored, model: { ...stored["model"], download: {} } });
      await isRunning("stored");
      expect(await uidOf("pvc/stored-weights")).toBe(uid);
    });

    test("go with the model where they are not", async () => {
      const [volume] = (stored["model"] as { volumes: object[] }).volumes;
      await patch("stored", { model: { volumes: [{ ...volume, retentionPolicy: "Delete" }] } });
      await eventually("an owner", async () =>
        (await run("get pvc stored-weights -n team-a -o jsonpath={.metadata.ownerReferences[0].name}")) ===
        "stored"
          ? true
          : undefined,
      );
      await run("delete mdep stored -n team-a --timeout=120s");
      await eventually("no claim", async () =>
        (await run("get pvc,jobs -n team-a -o name")) === "" ? true : undefined,
      );
    });
  });
});
