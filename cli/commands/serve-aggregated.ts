import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import type { ClusterConnection } from "../../cluster/connection.ts";
import { inClusterConnection } from "../../cluster/in-cluster.ts";
import { kubeconfigConnection } from "../../cluster/kubeconfig.ts";
import type { Clock } from "../../machinery/clock.ts";
import { realClock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { CertificateFiles } from "../aggregated/certificates.ts";
import { startAggregated } from "../aggregated/start.ts";
import type { Io } from "../command.ts";
import type { Parsed } from "../flags.ts";
import { UsageError } from "../flags.ts";
import { startProgress, stopped } from "./until-stopped.ts";

/** The flags of a server that extends a cluster. */
export const aggregatedFlags = {
  kubeconfig: {
    type: "string",
    value: "FILE",
    help: "How to reach the cluster to extend; without it, the cluster of the pod this runs in",
  },
  context: { type: "string", value: "NAME", help: "The context of the kubeconfig, if not its current one" },
  namespace: {
    type: "string",
    value: "NAME",
    help: "Hawsepipe's own namespace; that of the pod or of the context if not given",
  },
  "service-name": {
    type: "string",
    value: "NAME",
    default: "hawsepipe",
    help: "The Service in front of the replicas, for the name in the certificate",
  },
  "tls-cert-file": {
    type: "string",
    value: "FILE",
    help: "Serve with this certificate, read again when it changes; without it the server makes its own",
  },
  "tls-private-key-file": { type: "string", value: "FILE", help: "The key of that certificate" },
  "tls-ca-file": {
    type: "string",
    value: "FILE",
    help: "The CA of that certificate; where given, the leader writes it into the APIServices",
  },
  "leader-elect": {
    type: "string",
    value: "BOOL",
    default: "true",
    help: "Take part in the election of the replica that reconciles; false serves only",
  },
  "audit-log-path": { type: "string", value: "FILE", help: "Write an audit event per request to this file" },
  "shutdown-delay-duration": {
    type: "string",
    value: "SECONDS",
    default: "0",
    help: "How long to serve on after being asked to stop, so that nobody new is sent here",
  },
} as const;

export interface Listen {
  readonly bindAddress: string;
  readonly port: number;
  readonly logger: Logger;
}

type Values = Parsed<typeof aggregatedFlags>["values"];

/** Serves until the process is asked to stop; answers the exit code. */
export async function serveAggregated(values: Values, listen: Listen, io: Io): Promise<number> {
  const leads = booleanOf("leader-elect", values["leader-elect"]);
  const delay = Number(values["shutdown-delay-duration"]);
  if (!Number.isFinite(delay) || delay < 0) {
    throw new UsageError("--shutdown-delay-duration must be a number of seconds");
  }
  const files = certificateFiles(values, io);
  const clock = realClock();
  const connection = await connect(values, clock, io);
  const namespace = values.namespace ?? connection.namespace;
  if (namespace === "") throw new UsageError("neither the kubeconfig nor --namespace names a namespace");
  const progress = startProgress(io);
  const server = await startAggregated({
    ...listen,
    connection,
    namespace,
    service: values["service-name"],
    identity: `${hostname()}_${randomUUID()}`,
    ...(files === undefined ? {} : { certificates: files }),
    leads,
    ...(values["audit-log-path"] === undefined
      ? {}
      : { auditLog: path.resolve(io.cwd, values["audit-log-path"]) }),
    lameDuckMs: delay * 1000,
    clock,
    progress: progress.say,
    signal: io.stop,
  }).finally(progress.stop);
  try {
    io.out(`hawsepipe is ready at ${server.url}\n`);
    await stopped(io.stop);
    io.out("stopping\n");
  } finally {
    await server.close();
  }
  return 0;
}

/** The cluster the flags name, or that of the pod. Throws UsageError. */
export async function connect(
  values: Pick<Values, "kubeconfig" | "context">,
  clock: Clock,
  io: Io,
): Promise<ClusterConnection> {
  const { kubeconfig, context } = values;
  try {
    if (kubeconfig === undefined) return await inClusterConnection({ env: io.env, clock });
    const file = path.resolve(io.cwd, kubeconfig);
    return await kubeconfigConnection({ file, clock, ...(context === undefined ? {} : { context }) });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The files of the serving certificate the flags name. Throws UsageError. */
export function certificateFiles(
  values: Pick<Values, "tls-cert-file" | "tls-private-key-file" | "tls-ca-file">,
  io: Io,
): CertificateFiles | undefined {
  const cert = values["tls-cert-file"];
  const key = values["tls-private-key-file"];
  const ca = values["tls-ca-file"];
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError("--tls-cert-file and --tls-private-key-file belong together");
  }
  const resolve = (file: string): string => path.resolve(io.cwd, file);
  return {
    certFile: resolve(cert),
    keyFile: resolve(key),
    ...(ca === undefined ? {} : { caFile: resolve(ca) }),
  };
}

/** The value of a flag that is true or false. Throws UsageError. */
export function booleanOf(flag: string, value: string): boolean {
  if (value === "true") return true;
  if (value === "false") return false;
  throw new UsageError(`--${flag} must be true or false`);
}
