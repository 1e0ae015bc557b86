import type { ConnectionCredentials } from "./http-transport.ts";

/** Where a cluster's API server is, and who this process is to it: what a transport is made from. */
export interface ClusterConnection {
  /** `https://host:port`, with a path where the API is served under one. */
  readonly origin: string;
  /** The namespace of the service account or of the context; empty when neither says. */
  readonly namespace: string;
  /** Asked for at every request, since credentials rotate. */
  readonly credentials: () => Promise<ConnectionCredentials>;
}
