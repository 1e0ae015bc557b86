/**
 * Measures the store of records against a real kube-apiserver and etcd with fsync: writes, reads of what was written,
 * reads across replicas, and what other ways of keeping a value would cost the host. The numbers of docs/adr/0004.
 *
 * usage: npm run node -- hack/bench/records.ts
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { gzipSync } from "node:zlib";
import { parse } from "yaml";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ResourceRef } from "../../cluster/client.ts";
import { isStorageError } from "../../server/storage/store.ts";
import type { Store } from "../../server/storage/store.ts";
import { noControlPlane } from "../../test/support/control-plane.ts";
import type { RecordsHost } from "../../test/support/records-host.ts";
import { startRecordsHost } from "../../test/support/records-host.ts";
import { quantile } from "./statistics.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A ModelDeployment as it is stored, with managed fields of three managers. */
function storedValue(): Record<string, unknown> {
  const file = new URL("../../manifests/samples/11-vllm-full.yaml", import.meta.url);
  const object = parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;
  const owned = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, owned(inner)]))
      : {};
  const managedFields = ["kubectl", "argocd", "hawsepipe"].map((manager) => ({
    manager,
    operation: "Apply",
    apiVersion: "hawsepipe.dev/v1alpha2",
    fieldsType: "FieldsV1",
    fieldsV1: owned(object["spec"]),
  }));
  return { ...object, metadata: { ...object["metadata"], managedFields } };
}

/** Runs an operation by so many workers for so long. */
async function measure(
  what: string,
  workers: number,
  ms: number,
  operation: () => Promise<unknown>,
): Promise<void> {
  const latencies: number[] = [];
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - start < ms) {
      const begun = performance.now();
      await operation();
      latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  const rate = (latencies.length / (performance.now() - start)) * 1000;
  const [half, most] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  say(
    `${what}: ${rate.toFixed(0)}/s, p50 ${half.toFixed(1)} ms, p99 ${most.toFixed(1)} ms (${workers} at once)`,
  );
}

async function measureStore(host: RecordsHost, value: Buffer): Promise<void> {
  const namespace = await host.namespace();
  const [a, b] = [await host.open(namespace), await host.open(namespace)];
  let serial = 0;
  const create = (): Promise<number> => a.create(`/registry/bench/ns/o${(serial += 1)}`, value);
  for (let i = 0; i < 100; i++) await create();
  say(`\n## store, values of ${value.length} bytes`);
  await reads("100 records", a, b, host);
  await measure("create, event seen", 1, 3_000, create);
  await measure("create on one, read on the other", 1, 3_000, async () => {
    const revision = await create();
    if ((await b.currentRevision()) < revision) throw new Error("a stale read");
  });
  await measure("create, event seen", 50, 5_000, create);
  const items = (await a.list("/registry/bench/ns/")).items.slice(0, 200);
  const revisions = new Map(items.map(({ key, revision }) => [key, revision]));
  let next = 0;
  await measure("update, event seen", 50, 4_000, async () => {
    const { key = "" } = items[(next += 1) % items.length] ?? {};
    try {
      revisions.set(key, await a.update(key, value, revisions.get(key) ?? 0));
    } catch (error) {
      if (!isStorageError(error, "Conflict")) throw error;
    }
  });
  await reads(`${serial} records`, a, b, host);
  const begun = performance.now();
  await (await host.open(namespace)).close();
  say(`opening with ${serial} records: ${(performance.now() - begun).toFixed(0)} ms`);
}

/** Reads that see every write, on a host where nothing else happens and on one where something always does. */
async function reads(what: string, a: Store, b: Store, host: RecordsHost): Promise<void> {
  await measure(`current revision, ${what}, quiet host`, 1, 2_000, () => b.currentRevision());
  const over = new AbortController();
  const noise = makeNoise(host, over.signal);
  await measure(`current revision, ${what}, busy host`, 1, 2_000, () => b.currentRevision());
  await measure(`current revision, ${what}, busy host`, 50, 2_000, () => a.currentRevision());
  await measure(`get, ${what}, busy host`, 1, 1_000, () => b.get("/registry/bench/ns/o1"));
  over.abort();
  await noise;
}

const configMaps: ResourceRef = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

async function makeNoise({ client }: RecordsHost, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const metadata = { name: "noise", namespace: "default" };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { i: String(i) } };
    await client.apply(configMaps, object, { fieldManager: "noise" });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const probes: ResourceRef = {
  group: "bench.hawsepipe.dev",
  version: "v1",
  resource: "probes",
  kind: "Probe",
  namespaced: true,
};

/** A kind that holds a value in any way. */
async function installProbes({ client }: RecordsHost): Promise<void> {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  await client.create(
    {
      group: "apiextensions.k8s.io",
      version: "v1",
      resource: "customresourcedefinitions",
      kind: "CustomResourceDefinition",
      namespaced: false,
    },
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "probes.bench.hawsepipe.dev" },
      spec: {
        group: "bench.hawsepipe.dev",
        scope: "Namespaced",
        names: { kind: "Probe", listKind: "ProbeList", plural: "probes", singular: "probe" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { spec: open } } },
          },
        ],
      },
    },
  );
  while ((await client.resolve("bench.hawsepipe.dev/v1", "Probe").catch(() => undefined)) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Milliseconds of processor time a program has used. */
function cpuOf(host: RecordsHost, name: string): number {
  const pid = host.plane.programs.find((program) => program.name === name)?.pid ?? 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measurePackings(host: RecordsHost, object: Record<string, unknown>): Promise<void> {
  const json = JSON.stringify(object);
  const writes = 600;
  const zipped = (): string => gzipSync(json, { level: 1 }).toString("base64");
  const ways: readonly [string, ResourceRef, () => object][] = [
    ["record, text", probes, () => ({ spec: { value: json } })],
    ["record, gzip in base64", probes, () => ({ spec: { value: zipped() } })],
    ["record, structure", probes, () => ({ spec: { value: object } })],
    ["ConfigMap, text", configMaps, () => ({ data: { value: json } })],
    ["ConfigMap, gzip", configMaps, () => ({ binaryData: { value: zipped() } })],
  ];
  say(`\n## ways of keeping ${json.length} bytes: processor time per write`);
  for (const [what, resource, content] of ways) {
    const namespace = await host.namespace();
    const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
    const at = (i: number, version?: string): KubeObject => ({
      apiVersion,
      kind: resource.kind,
      metadata: {
        name: `p${i}`,
        namespace,
        ...(version === undefined ? {} : { resourceVersion: version }),
        labels: { i: String(performance.now()) },
      },
      ...content(),
    });
    const versions = await Promise.all(
      Array.from(
        { length: 8 },
        async (_, i) => (await host.client.create(resource, at(i))).object.metadata.resourceVersion,
      ),
    );
    const before = { api: cpuOf(host, "kube-apiserver"), etcd: cpuOf(host, "etcd"), own: process.cpuUsage() };
    await Promise.all(
      versions.map(async (first, i) => {
        let version = first;
        for (let n = 0; n < writes / versions.length; n++) {
          version = (await host.client.update(resource, at(i, version))).object.metadata.resourceVersion;
        }
      }),
    );
    const own = process.cpuUsage(before.own);
    const per = (ms: number): string => (ms / writes).toFixed(2);
    const api = per(cpuOf(host, "kube-apiserver") - before.api);
    const etcd = per(cpuOf(host, "etcd") - before.etcd);
    say(`${what}: kube-apiserver ${api} ms, etcd ${etcd} ms, here ${per((own.user + own.system) / 1000)} ms`);
  }
}

const missing = noControlPlane([]);
if (missing === undefined) {
  const host = await startRecordsHost();
  try {
    say(`${cpus().length} cores shared by everything, node ${process.version}`);
    const object = storedValue();
    await measureStore(host, Buffer.from(JSON.stringify(object)));
    await installProbes(host);
    await measurePackings(host, object);
    await measurePackings(host, {
      ...object,
      status: { pods: Array.from({ length: 40 }, () => object["spec"]) },
    });
  } finally {
    await host.close();
  }
} else {
  say(missing);
  process.exitCode = 2;
}
