/** The two servers under comparison: kube-apiserver with the CRDs installed, and Hawsepipe with the same manifests. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { startApiServer } from "../../support/control-plane.ts";
import { eventually } from "../../support/kubectl.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";
import type { Credentials, Sender, WireRequest, WireResponse } from "./wire.ts";
import { readCredentials, Wire } from "./wire.ts";
import { Http2Wire } from "./wire-http2.ts";

export const group = "twin.example.com";
/** The manifests of the kinds both serve. */
export const crds = path.join(import.meta.dirname, "crds");

/** One of the two. */
export interface Twin {
  readonly name: "kube-apiserver" | "hawsepipe";
  readonly wire: Sender;
  readonly credentials: Credentials;
}

export interface Pair {
  readonly real: Twin;
  readonly ours: Twin;
  stop(): Promise<void>;
}

/** Starts both side by side, or one beside the API server that is there for tests. */
export async function startPair(): Promise<Pair> {
  const [real, ours] = await Promise.all([startReal(), startOurs()]);
  return {
    real: { name: "kube-apiserver", wire: real.wire, credentials: real.credentials },
    ours: { name: "hawsepipe", wire: ours.wire, credentials: ours.credentials },
    async stop() {
      await Promise.all([real.stop(), ours.stop()]);
    },
  };
}

/** The same servers over a connection of HTTP/2 each; close it with `close`. */
export function overHttp2(pair: Pair): Pick<Pair, "real" | "ours"> & { close(): void } {
  const [real, ours] = [pair.real, pair.ours].map((twin) => ({
    ...twin,
    wire: new Http2Wire(twin.credentials),
  }));
  return {
    real: real!,
    ours: ours!,
    close: () => {
      real!.wire.close();
      ours!.wire.close();
    },
  };
}

interface Running {
  readonly wire: Wire;
  readonly credentials: Credentials;
  readonly stop: () => Promise<void>;
}

async function startReal(): Promise<Running> {
  const apiServer = await startApiServer();
  const credentials = readCredentials(apiServer.kubeconfig);
  const wire = new Wire(credentials);
  const stop = async (): Promise<void> => {
    wire.close();
    await apiServer.stop();
  };
  try {
    await installCrds(wire);
  } catch (error) {
    await stop();
    throw error;
  }
  return { wire, credentials, stop };
}

async function startOurs(): Promise<Running> {
  const server = await startStandalone({
    flags: ["--crds", crds, "--log-level", "warn", "--no-controllers"],
  });
  const credentials = readCredentials(server.kubeconfig);
  const wire = new Wire(credentials);
  return {
    wire,
    credentials,
    stop: async () => {
      wire.close();
      await server.stop();
      removeDirectory(server.dataDir);
    },
  };
}

const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Makes a kube-apiserver serve the kinds, their documents, and each version's kinds in the order of their names. */
export async function installCrds(wire: Sender): Promise<void> {
  const manifests = readCrds();
  for (const manifest of manifests) {
    const answer = await wire.send(jsonRequest("POST", collection, manifest));
    if (answer.status !== 201 && answer.status !== 409) throw new Error(answer.body);
  }
  await cached(wire, manifests);
  await orderKinds(wire);
  await discovered(wire, group);
  await eventually("the OpenAPI documents", async () => {
    const v3 = await wire.send(jsonRequest("GET", `/openapi/v3/apis/${group}/v1alpha1`));
    const v2 = await wire.send(jsonRequest("GET", "/openapi/v2"));
    return v3.status === 200 && v2.body.includes("com.example.twin.v1alpha1.Twin") ? true : undefined;
  });
}

/**
 * Resolves when every version is answered from a cache. Established is not enough: the handler of the new resource comes
 * a moment later, and what its cache has to answer is refused until that has begun.
 */
export async function cached(wire: Sender, manifests = readCrds()): Promise<void> {
  for (const { spec } of manifests) {
    for (const version of spec.versions.filter(({ served }) => served)) {
      await eventually(`${spec.names.plural} of ${version.name}`, async () => {
        const all = `/apis/${group}/${version.name}/${spec.names.plural}?resourceVersion=0`;
        const answer = await wire.send(jsonRequest("GET", all));
        return answer.status === 200 ? true : undefined;
      });
    }
  }
}

/** Resolves when each version of the group is among all groups, too, where the aggregator puts it by and by. */
export async function discovered(wire: Sender, name: string): Promise<void> {
  const wanted = readCrds().flatMap(({ spec }) =>
    spec.versions.filter(({ served }) => served).map((version) => `${version.name} ${spec.names.plural}`),
  );
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  await eventually("the kinds among all groups", async () => {
    const { body } = await wire.send({ ...jsonRequest("GET", "/apis"), headers: { accept } });
    const { items } = JSON.parse(body) as Discovered;
    const found = items
      .filter(({ metadata }) => metadata.name === name)
      .flatMap(({ versions }) => versions)
      .flatMap(({ version, freshness, resources = [] }) =>
        freshness === "Current" ? resources.map(({ resource }) => `${version} ${resource}`) : [],
      );
    return wanted.every((kind) => found.includes(kind)) ? true : undefined;
  });
}

interface Discovered {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness: string;
      readonly resources?: readonly { readonly resource: string }[];
    }[];
  }[];
}

/**
 * kube-apiserver lists the kinds of a version in the order a Go map gave when one of them last changed. Changes one of
 * them until that order is by name, as it is with us.
 */
async function orderKinds(wire: Sender): Promise<void> {
  let looks = 0;
  await eventually("the kinds of the version in the order of their names", async () => {
    const { body } = await wire.send(jsonRequest("GET", `/apis/${group}/v1`));
    const { resources } = JSON.parse(body) as { resources: readonly { name: string }[] };
    if (resources[0]?.name === "plains") return ++looks > 3 ? true : undefined;
    if (looks > -1) {
      const touched = { metadata: { annotations: { touched: new Date().toISOString() } } };
      const request = jsonRequest("PATCH", `${collection}/plains.${group}`, touched);
      await wire.send({
        ...request,
        headers: { ...request.headers, "content-type": "application/merge-patch+json" },
      });
    }
    // What a change brings is looked at when it had its time.
    looks = looks > -1 ? -3 : looks + 1;
    return undefined;
  });
}

const readCrds = (): readonly CrdManifest[] =>
  readdirSync(crds).map((file) => parse(readFileSync(path.join(crds, file), "utf8")) as CrdManifest);

interface CrdManifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/** A request with an ordinary JSON body. */
export function jsonRequest(method: string, url: string, body?: object): WireRequest {
  if (body === undefined) return { method, path: url, headers: {} };
  return {
    method,
    path: url,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** Creates a namespace on both. */
export async function createNamespace(pair: Pick<Pair, "real" | "ours">, name: string): Promise<void> {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const answers: WireResponse[] = await Promise.all(
    [pair.real, pair.ours].map((twin) => twin.wire.send(jsonRequest("POST", "/api/v1/namespaces", object))),
  );
  const refused = answers.find((answer) => answer.status !== 201);
  if (refused !== undefined) throw new Error(`namespace ${name}: ${refused.body}`);
}
