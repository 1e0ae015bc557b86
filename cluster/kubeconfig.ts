/**
 * Connections from a kubeconfig file, with the credential plugins people have (exec, OIDC, token files). The library that
 * knows them costs 85 MB of memory, so it is loaded only when a kubeconfig is used.
 */
import type { RequestOptions } from "node:https";
import type { Clock } from "../machinery/clock.ts";
import type { ClusterConnection } from "./connection.ts";
import type { ConnectionCredentials } from "./http-transport.ts";
import { rereadEvery } from "./reread.ts";

export interface KubeconfigOptions {
  readonly file: string;
  /** Instead of the file's current context. */
  readonly context?: string;
  readonly clock: Clock;
}

/** How long credentials are used before the plugins are asked again; they cache by themselves what stays valid. */
const rereadMs = 10_000;

/** Reads the file. Throws with a message for the person who wrote it when it does not lead to a cluster. */
export async function kubeconfigConnection(options: KubeconfigOptions): Promise<ClusterConnection> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(options.file);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (context === null) throw new Error(`${options.file} has no context ${JSON.stringify(name)}`);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${options.file} has no cluster ${JSON.stringify(context.cluster)}`);
  if (cluster.proxyUrl !== undefined) {
    throw new Error(`${options.file}: proxy-url of cluster ${JSON.stringify(cluster.name)} is not supported`);
  }
  const user = config.getCurrentUser();
  const basic =
    user?.username === undefined
      ? undefined
      : `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
  const credentials = rereadEvery(rereadMs, options.clock, async () => {
    const request: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(request);
    return credentialsOf(request, basic);
  });
  await credentials();
  return { origin: cluster.server, namespace: context.namespace ?? "", credentials };
}

/** What the library put into the options of a request, as credentials of a connection. */
function credentialsOf(request: RequestOptions, basic: string | undefined): ConnectionCredentials {
  const pem = (value: unknown): string | undefined =>
    typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString("utf8") : undefined;
  const [ca, cert, key] = [pem(request.ca), pem(request.cert), pem(request.key)];
  const headers = new Map<string, string>(basic === undefined ? [] : [["authorization", basic]]);
  for (const [header, value] of Object.entries(request.headers ?? {})) {
    if (value !== undefined) headers.set(header.toLowerCase(), String(value));
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(request.servername === undefined ? {} : { serverName: request.servername }),
    ...(request.rejectUnauthorized === false ? { skipVerify: true } : {}),
    headers: Object.fromEntries(headers),
  };
}
