/**
 * The connection of a pod to the API server of its own cluster. The token is bound to the pod and replaced while it
 * runs, so it is read again every minute, as client-go does; the CA likewise.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { ClusterConnection } from "./connection.ts";
import type { ConnectionCredentials } from "./http-transport.ts";
import { rereadEvery } from "./reread.ts";

export interface InClusterOptions {
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Where the service account is mounted. */
  readonly directory?: string;
}

const mountedAt = "/var/run/secrets/kubernetes.io/serviceaccount";
const rereadMs = 60_000;

/** Reads the mounted service account. Throws when the process does not run in a pod. */
export async function inClusterConnection(options: InClusterOptions): Promise<ClusterConnection> {
  const host = options.env["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = options.env["KUBERNETES_SERVICE_PORT"] ?? "";
  if (host === "" || port === "") {
    throw new Error(
      "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; give --kubeconfig",
    );
  }
  const directory = options.directory ?? mountedAt;
  const read = (file: string): Promise<string> => readFile(path.join(directory, file), "utf8");
  const namespace = (await read("namespace")).trim();
  const credentials = rereadEvery(rereadMs, options.clock, async (): Promise<ConnectionCredentials> => {
    const [token, ca] = await Promise.all([read("token"), read("ca.crt")]);
    return { ca, headers: { authorization: `Bearer ${token.trim()}` } };
  });
  // Without credentials there is no point in starting.
  await credentials();
  const authority = host.includes(":") ? `[${host}]` : host;
  return { origin: `https://${authority}:${port}`, namespace, credentials };
}
