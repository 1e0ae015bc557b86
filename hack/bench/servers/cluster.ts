/**
 * One etcd, with fsync as by default, and one kube-apiserver, which serves the kind twice: as a native CRD in a group of
 * its own, with the very same schema, and through the aggregator from Hawsepipe on records in that same etcd.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import type { Cluster } from "../../../test/support/cluster.ts";
import { available, discovered, startCluster } from "../../../test/support/cluster.ts";
import { established, succeeding } from "../../../test/support/kubectl.ts";
import { readyProviders } from "../../../test/support/providers.ts";
import { repository } from "../../../test/support/standalone.ts";
import type { Target } from "../client/jobs.ts";
import { copyNative, copyRecords, nativeGroup } from "./cluster-copies.ts";
import { loopDelaysOf } from "./loop-delay.ts";
import { readMetrics } from "./metrics.ts";
import type { Server } from "./server.ts";
import { usageOf } from "./usage.ts";

/** The CRD of the project with one version, so that nothing has to be converted, in another group. */
function nativeDefinition(): JsonObject {
  const file = path.join(repository, "manifests/crd/hawsepipe.dev_modeldeployments.yaml");
  const definition = decodeYaml(readFileSync(file, "utf8")).value as JsonObject;
  const spec = definition["spec"] as JsonObject;
  const names = spec["names"] as JsonObject;
  const versions = spec["versions"] as JsonValue[];
  return {
    ...definition,
    metadata: { name: `modeldeployments.${nativeGroup}` },
    spec: {
      ...spec,
      group: nativeGroup,
      names: { ...names, shortNames: [], categories: [] },
      conversion: { strategy: "None" },
      versions: versions.filter((version) => (version as JsonObject)["name"] === "v1alpha2"),
    },
  };
}

export class BenchCluster {
  readonly #cluster: Cluster;
  readonly #target: Target;

  private constructor(cluster: Cluster) {
    const { url, certificates, admin } = cluster.controlPlane;
    this.#cluster = cluster;
    this.#target = { origin: url, ca: certificates.ca, ...admin };
  }

  static async start(): Promise<BenchCluster> {
    return new BenchCluster(await startCluster());
  }

  async native(): Promise<Server> {
    const run = succeeding(this.#cluster.admin);
    await run(["apply", "--server-side", "-f", "-"], nativeDefinition());
    await established(run, `crd/modeldeployments.${nativeGroup}`);
    await discovered(this.#cluster.admin, `modeldeployments.${nativeGroup}`);
    return {
      name: "native",
      target: this.#target,
      group: nativeGroup,
      usage: () => usageOf(this.#programs()),
      copy: (range) => copyNative(this.#cluster.controlPlane.etcdUrl, range),
      stop: () => Promise.resolve(),
    };
  }

  /** With `env`, the server may be inspected. */
  async aggregated(env: Readonly<Record<string, string>> = {}): Promise<Server> {
    let replica = await this.#cluster.startReplica({ env });
    await available(this.#cluster);
    await readyProviders(succeeding(this.#cluster.admin), []);
    const metrics = (): Promise<ReadonlyMap<string, number>> =>
      readMetrics({ ...this.#target, origin: replica.url });
    return {
      name: "aggregated",
      target: this.#target,
      group: "hawsepipe.dev",
      usage: () => usageOf([...this.#programs(), replica.pid]),
      metrics,
      output: () => replica.output(),
      copy: (range) => copyRecords(this.#cluster.controlPlane.etcdUrl, range),
      serveOnly: async (meanwhile) => {
        await replica.stop();
        await meanwhile();
        replica = await this.#cluster.startReplica({ flags: ["--roles=api"], env });
        await available(this.#cluster);
      },
      loopDelays: async () => loopDelaysOf(await metrics()),
      stop: async () => {
        await replica.stop();
      },
    };
  }

  stop(): Promise<void> {
    return this.#cluster.close();
  }

  #programs(): (number | undefined)[] {
    return this.#cluster.controlPlane.programs.map(({ pid }) => pid);
  }
}
