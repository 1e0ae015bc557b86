import { existsSync } from "node:fs";
import path from "node:path";

/** The programs a control plane can be made of, and those that talk to it. */
export type ProgramName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "kwok"
  | "helm"
  | "registry";

const built = path.resolve(import.meta.dirname, "../../.cache/bin");

/** Where programs are looked for: the folder KUBEBUILDER_ASSETS names first, then what build.sh made. */
export function programFolders(env: NodeJS.ProcessEnv): readonly string[] {
  const assets = env["KUBEBUILDER_ASSETS"];
  return assets === undefined || assets === "" ? [built] : [assets, built];
}

/** The path of a program, or undefined when it is in none of the folders. */
export function findProgram(name: ProgramName, folders: readonly string[]): string | undefined {
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** The path of a program; an error that says how to get it when it is missing. */
export function requireProgram(name: ProgramName, folders: readonly string[]): string {
  const file = findProgram(name, folders);
  if (file === undefined) {
    throw new Error(
      `${name} is not in ${folders.join(" or ")}: run hack/controlplane/build.sh ${name}, or name a folder with KUBEBUILDER_ASSETS`,
    );
  }
  return file;
}

/** The stages kwok plays; build.sh puts them beside the program. */
export function kwokStages(folders: readonly string[]): string {
  const folder = folders.map((candidate) => path.join(candidate, "kwok-stages")).find(existsSync);
  if (folder === undefined) throw new Error("kwok has no stages: run hack/controlplane/build.sh kwok");
  return folder;
}
