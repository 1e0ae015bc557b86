import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import type { ClusterConnection } from "../../cluster/connection.ts";
import { inClusterConnection } from "../../cluster/in-cluster.ts";
import { kubeconfigConnection } from "../../cluster/kubeconfig.ts";
import type { Clock } from "../../machinery/clock.ts";
import { realClock } from "../../machinery/clock.ts";
import { reservedGroups } from "../aggregated/own-definitions.ts";
import type { CertificateFiles } from "../cluster/certificates.ts";
import type { Role } from "../cluster/roles.ts";
import { roles } from "../cluster/roles.ts";
import { startClusterServer } from "../cluster/start.ts";
import type { Storage } from "../cluster/store.ts";
import type { Io } from "../command.ts";
import { customDefinitions } from "../custom-kinds.ts";
import { listOf, UsageError } from "../flags.ts";
import { collectWhenIdle, processHeap } from "../idle-collection.ts";
import { guardIdentities } from "../webhooks/identities.ts";
import { llamaStackPolicy } from "./llama-stack-policy.ts";
import type { Listen, ServeValues } from "./serve.ts";
import { startProgress, stopped } from "./until-stopped.ts";

/** Serves until the process is asked to stop; answers the exit code. */
export async function serveCluster(values: ServeValues, listen: Listen, io: Io): Promise<number> {
  const files = certificateFiles(values, io);
  const callers = values["client-ca-file"];
  const clock = realClock();
  const connection = await connect(values, clock, io);
  const namespace = values.namespace ?? connection.namespace;
  if (namespace === "") throw new UsageError("neither the kubeconfig nor --namespace names a namespace");
  const guard = guardIdentities({
    namespace,
    operators: values["guard-operator"],
    exempt: values["guard-exempt"],
  });
  const auditLog = values["audit-log-path"];
  const progress = startProgress(io);
  const server = await startClusterServer({
    ...listen,
    connection,
    roles: rolesOf(values.roles),
    customKinds: customDefinitions(
      values.crds.map((directory) => path.resolve(io.cwd, directory)),
      reservedGroups,
    ),
    storage: storageOf(values, io),
    namespace,
    service: values["service-name"],
    identity: `${hostname()}_${randomUUID()}`,
    ...(files === undefined ? {} : { certificates: files }),
    ...(callers === undefined ? {} : { callerAuthorities: readText(callers, io) }),
    guard,
    llamaStack: llamaStackPolicy(values),
    elects: values["leader-elect"] === "true",
    ...(auditLog === undefined ? {} : { auditLog: path.resolve(io.cwd, auditLog) }),
    lameDuckMs: Number(values["shutdown-delay-duration"]) * 1000,
    clock,
    random: Math.random,
    progress: progress.say,
    signal: io.stop,
  }).finally(progress.stop);
  const stopCollecting = collectWhenIdle(processHeap(), clock);
  try {
    io.out(`hawsepipe is ready at ${server.url}\n`);
    await stopped(io.stop);
    io.out("stopping\n");
  } finally {
    stopCollecting();
    await server.close();
  }
  return 0;
}

const rolesOf = (text: string): ReadonlySet<Role> => {
  const named = listOf(text);
  return new Set(roles.filter((role) => named.includes(role)));
};

function storageOf(values: ServeValues, io: Io): Storage {
  if (values.storage === "records") return { kind: "records" };
  return { kind: "embedded", dataDir: path.resolve(io.cwd, values["data-dir"]) };
}

/** The cluster the flags name, or that of the pod. Throws UsageError. */
async function connect(
  { kubeconfig, context }: ServeValues,
  clock: Clock,
  io: Io,
): Promise<ClusterConnection> {
  try {
    if (kubeconfig === undefined) return await inClusterConnection({ env: io.env, clock });
    const file = path.resolve(io.cwd, kubeconfig);
    return await kubeconfigConnection({ file, clock, ...(context === undefined ? {} : { context }) });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The files of the serving certificate the flags name. Throws UsageError. */
function certificateFiles(values: ServeValues, io: Io): CertificateFiles | undefined {
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

function readText(file: string, io: Io): string {
  try {
    return readFileSync(path.resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
