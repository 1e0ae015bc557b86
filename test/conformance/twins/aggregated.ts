/**
 * The same kind twice in one kube-apiserver: of a CRD, and passed on by its aggregator to Hawsepipe, which is also reached
 * without it. The group of the second has another name of the same length.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Cluster } from "../../support/cluster.ts";
import { startCluster } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { removeDirectory, temporaryDirectory } from "../../support/standalone.ts";
import type { Twin } from "./pair.ts";
import { crds, discovered, group, installCrds, jsonRequest } from "./pair.ts";
import type { Names } from "./renamed.ts";
import { Renamed } from "./renamed.ts";
import type { Credentials, Sender } from "./wire.ts";
import { readCredentials, Wire } from "./wire.ts";

/** The ways to a kind, each with namespaces of its own: names of namespaces have to end in "-native". */
export interface Ways {
  /** kube-apiserver itself, from the CRD. */
  readonly native: Twin;
  /** Hawsepipe, behind the aggregator of the same kube-apiserver. */
  readonly behind: Twin;
  /** Hawsepipe past kube-apiserver. */
  readonly direct: Twin;
  /** The cluster both are in. */
  readonly cluster: Cluster;
  /** Files with the audit events of kube-apiserver and of Hawsepipe. */
  readonly auditLogs: { readonly native: string; readonly ours: string };
  /** A text of Hawsepipe behind the aggregator with the names of the CRD. */
  known(text: string): string;
  stop(): Promise<void>;
}

/** The group Hawsepipe serves the kinds under. */
export const servedGroup = group.replace("twin.example", "twyn.example");

/** Differs early: where kube-apiserver quotes the beginning of a body, the name is cut off. */
const known = "twin.example";
const here = "twyn.example";
const reversed = (name: string): string => name.split(".").reverse().join(".");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const hash = (of: string, kind: string): string =>
  createHash("sha256").update(`${of}/v1/${kind}`).digest().subarray(0, 8).toString("base64");

/** The group as it stands in names, models, operations, quoted bytes and hashes; and namespaces. */
const namesOf = (way: string): Names => [
  [known, here],
  [reversed(known), reversed(here)],
  ["TwinExample", "TwynExample"],
  ["twinExample", "twynExample"],
  [hex(known), hex(here)],
  ...["Twin", "Plain"].map((kind) => [hash(group, kind), hash(servedGroup, kind)] as const),
  ["-native", `-${way}`],
];

/** Starts a cluster with both, and waits until they are served. */
export async function startWays(): Promise<Ways> {
  const folder = renamedCrds();
  const auditLogs = {
    native: path.join(folder, "kube-apiserver.log"),
    ours: path.join(folder, "hawsepipe.log"),
  };
  const cluster = await startCluster({
    customKinds: folder,
    apiServerFlags: [`--audit-log-path=${auditLogs.native}`, `--audit-policy-file=${auditPolicy(folder)}`],
  });
  const stop = async (): Promise<void> => {
    await cluster.close();
    removeDirectory(folder);
  };
  try {
    const replica = await cluster.startReplica({
      flags: ["--log-level", "warn", "--audit-log-path", auditLogs.ours],
    });
    const credentials = readCredentials(cluster.controlPlane.kubeconfig);
    const wire = new Wire(credentials);
    await installCrds(wire);
    const bundle = await eventually("the CA of the APIService", async () => {
      const name = `v1.${servedGroup}`;
      const found = await succeeding(cluster.admin)(`get apiservice ${name} -o jsonpath={.spec.caBundle}`);
      return found === "" ? undefined : found;
    });
    const past: Credentials = {
      ...credentials,
      url: replica.url,
      ca: Buffer.from(bundle, "base64").toString(),
    };
    const proxied = new Renamed(wire, namesOf("behind"));
    const direct = new Wire(past);
    await eventually(
      "the kind behind the aggregator",
      async () => {
        const v3 = await proxied.send(jsonRequest("GET", `/openapi/v3/apis/${group}/v1alpha1`));
        const v2 = await proxied.send(jsonRequest("GET", "/openapi/v2"));
        const list = await proxied.send(jsonRequest("GET", `/apis/${group}/v1/twins`));
        const isThere = v2.body.includes("com.example.twin.v1alpha1.Twin");
        return v3.status === 200 && list.status === 200 && isThere ? true : undefined;
      },
      60,
    );
    await discovered(wire, servedGroup);
    return {
      native: { name: "kube-apiserver", wire, credentials },
      behind: { name: "hawsepipe", wire: proxied, credentials },
      direct: {
        name: "hawsepipe",
        wire: new Renamed(new Split(direct, wire), namesOf("direct")),
        credentials: past,
      },
      cluster,
      auditLogs,
      known: (text) => proxied.known(text),
      async stop() {
        wire.close();
        direct.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The groups of Kubernetes itself that exchanges name. */
const ofCore = /^\/(?:api(?:[/?]|$)|apis\/(?:apps|rbac\.authorization\.k8s\.io)\/)/;

/** Sends what is of the core to kube-apiserver, all else to the server that is asked. */
class Split implements Sender {
  readonly #server: Sender;
  readonly #core: Sender;

  constructor(server: Sender, core: Sender) {
    this.#server = server;
    this.#core = core;
  }

  send(...args: Parameters<Sender["send"]>): ReturnType<Sender["send"]> {
    return (ofCore.test(args[0].path) ? this.#core : this.#server).send(...args);
  }

  open(...args: Parameters<Sender["open"]>): ReturnType<Sender["open"]> {
    return this.#server.open(...args);
  }

  close(): void {
    this.#server.close();
  }
}

/** Of the kind under comparison everything but bodies, of all else nothing. */
function auditPolicy(folder: string): string {
  const file = path.join(folder, "audit.policy");
  const rules = [
    { level: "Metadata", omitStages: ["RequestReceived"], resources: [{ group }] },
    { level: "None" },
  ];
  writeFileSync(file, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules }));
  return file;
}

function renamedCrds(): string {
  const folder = temporaryDirectory();
  for (const file of readdirSync(crds)) {
    const text = readFileSync(path.join(crds, file), "utf8");
    writeFileSync(path.join(folder, file), text.replaceAll(group, servedGroup));
  }
  return folder;
}
