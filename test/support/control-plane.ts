/**
 * Which control plane tests use. Most start their own and do with it what nobody would do with a cluster in use: stop
 * etcd, kill processes, send requests to a server on this machine. Those that only need an API server take the one
 * that HAWSEPIPE_TEST_KUBECONFIG names, and leave namespaces and definitions behind in it.
 */
import type { ProgramName } from "../../hack/controlplane/programs.ts";
import { findProgram, programFolders } from "../../hack/controlplane/programs.ts";
import type { ControlPlaneOptions } from "../../hack/controlplane/start.ts";
import { startControlPlane } from "../../hack/controlplane/start.ts";

/** A kubeconfig of an administrator of a cluster for tests. */
const variable = "HAWSEPIPE_TEST_KUBECONFIG";

const existing = (env: NodeJS.ProcessEnv): string | undefined => {
  const file = env[variable];
  return file === "" ? undefined : file;
};

const plane: readonly ProgramName[] = ["etcd", "kube-apiserver"];

/**
 * Why tests that need a control plane of their own, of these programs beside etcd and kube-apiserver, cannot run here;
 * undefined when they can. Throws the reason where E2E=required says that nothing may be left out.
 */
export function noControlPlane(
  more: readonly ProgramName[] = ["kubectl"],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const reason = missing([...plane, ...more], env);
  if (reason === undefined || existing(env) === undefined) return unlessRequired(reason, env);
  return unlessRequired(
    `${reason}; these tests need a control plane of their own, not that of ${variable}`,
    env,
  );
}

/** The same for tests that need no more than an API server, and these programs to talk to it. */
export function noApiServer(
  more: readonly ProgramName[] = [],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  return unlessRequired(missing([...(existing(env) === undefined ? plane : []), ...more], env), env);
}

/** The same for tests that need these programs and no cluster. */
export function noPrograms(
  programs: readonly ProgramName[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  return unlessRequired(missing(programs, env), env);
}

/** An API server, and a kubeconfig of an administrator. */
export interface ApiServerForTests {
  readonly kubeconfig: string;
  /** Ends what was started for the tests, which a cluster that was there before is not. */
  stop(): Promise<void>;
}

/** The API server the environment names, or a new one. */
export async function startApiServer(options: ControlPlaneOptions = {}): Promise<ApiServerForTests> {
  const kubeconfig = existing(options.env ?? process.env);
  if (kubeconfig === undefined) return startControlPlane(options);
  return { kubeconfig, stop: () => Promise.resolve() };
}

function missing(wanted: readonly ProgramName[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = programFolders(env);
  const absent = wanted.filter((name) => findProgram(name, folders) === undefined);
  return absent.length === 0 ? undefined : `no ${absent.join(", ")}: run make controlplane`;
}

/** Throws the reason where E2E=required says that nothing may be left out. */
export function unlessRequired(
  reason: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (reason !== undefined && env["E2E"] === "required") throw new Error(reason);
  return reason;
}
