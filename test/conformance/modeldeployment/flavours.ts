/**
 * The two ways our kinds are served in a cluster, side by side: by kube-apiserver from CRDs that ask the webhooks, and by
 * Hawsepipe behind the aggregator. Nobody reconciles, so nothing changes but by requests; providers are said to be ready.
 */
import path from "node:path";
import { builtInProviders } from "../../../admission/built-in-providers.ts";
import { available, startCluster } from "../../support/cluster.ts";
import { startCrdFlavour } from "../../support/crd-flavour.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { repository } from "../../support/standalone.ts";
import type { Pair, Twin } from "../twins/pair.ts";
import { jsonRequest } from "../twins/pair.ts";
import type { Sender } from "../twins/wire.ts";
import { readCredentials, Wire } from "../twins/wire.ts";

export interface Flavours extends Pair {
  /** kubectl as an administrator of either. */
  readonly kubectl: Readonly<Record<"real" | "ours", Kubectl>>;
}

interface Running {
  readonly wire: Wire;
  readonly twin: Twin;
  readonly kubectl: Kubectl;
  stop(): Promise<void>;
}

/**
 * Starts both, each in a control plane of its own: one cannot serve a group in two ways. `heard` may change what comes
 * from kube-apiserver before anybody sees it.
 */
export async function startFlavours(heard: (wire: Sender) => Sender): Promise<Flavours> {
  const started = await Promise.allSettled([startCrds(), startAggregated()]);
  const stop = async (): Promise<void> => {
    const up = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    await Promise.all(up.map((one) => one.stop()));
  };
  try {
    const [real, ours] = started.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
    await Promise.all([real!, ours!].map(({ wire }) => prepare(wire)));
    return {
      real: { ...real!.twin, wire: heard(real!.wire) },
      ours: ours!.twin,
      kubectl: { real: real!.kubectl, ours: ours!.kubectl },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCrds(): Promise<Running> {
  const flavour = await startCrdFlavour({ controllerManager: false, reconciles: false });
  return running("kube-apiserver", flavour.plane.kubeconfig, {
    kubectl: flavour.admin,
    stop: () => flavour.stop(),
  });
}

async function startAggregated(): Promise<Running> {
  const cluster = await startCluster();
  try {
    const run = succeeding(cluster.admin);
    await run(["apply", "-f", path.join(repository, "cluster/standalone/crds")]);
    // The one who publishes the CA is the leader, and nobody leads.
    for (const version of ["v1alpha1", "v1alpha2"]) {
      const trust = JSON.stringify({ spec: { insecureSkipTLSVerify: true } });
      await run(["patch", "apiservice", `${version}.hawsepipe.dev`, "--type=merge", "-p", trust]);
    }
    await cluster.startReplica({ flags: ["--roles=api"] });
    await available(cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return running("hawsepipe", cluster.controlPlane.kubeconfig, {
    kubectl: cluster.admin,
    stop: () => cluster.close(),
  });
}

function running(
  name: Twin["name"],
  kubeconfig: string,
  { kubectl, stop }: Pick<Running, "kubectl" | "stop">,
): Running {
  const credentials = readCredentials(kubeconfig);
  const wire = new Wire(credentials);
  return {
    wire,
    twin: { name, wire, credentials },
    kubectl,
    stop: async () => {
      wire.close();
      await stop();
    },
  };
}

/** Some of the built-in providers are ready, and some are not. */
const ready = new Set(["kaito", "llmd", "vllm"]);

/** The built-in providers, said to be ready or not, and known to be. */
async function prepare(wire: Sender): Promise<void> {
  const collection = "/apis/hawsepipe.dev/v1alpha1/inferenceproviders";
  for (const provider of builtInProviders()) {
    // The aggregator may take a server for gone that it has known for a moment only.
    await eventually("a provider to be taken", async () => {
      const { status, body } = await wire.send(jsonRequest("POST", collection, provider));
      if (status === 201 || status === 409) return true;
      throw new Error(body);
    });
    const { name = "" } = provider.metadata;
    const status = { ready: ready.has(name) };
    const request = jsonRequest("PATCH", `${collection}/${name}/status`, { status });
    await eventually("its status to be taken", async () => {
      const headers = { "content-type": "application/merge-patch+json" };
      const answer = await wire.send({ ...request, headers });
      if (answer.status === 200) return true;
      throw new Error(answer.body);
    });
  }
  const deployment = {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name: "tried" },
    spec: { model: { id: "a/b" } },
  };
  await eventually("the providers to be known", async () => {
    const path = "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments?dryRun=All";
    const { status, body } = await wire.send(jsonRequest("POST", path, deployment));
    if (status === 201) return true;
    throw new Error(body);
  });
}
