/** Manifests as kustomize and helm render them. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { findProgram, programFolders } from "../../hack/controlplane/programs.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { repository } from "./standalone.ts";

const run = promisify(execFile);

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const objectsOf = (text: string): Manifest[] =>
  text
    .split(/^---$/m)
    .map((document) => decodeYaml(document).value as unknown as Manifest | null)
    .filter((object) => object !== null);

const manifests = path.join(repository, "manifests");

/** The objects of a kustomization under manifests/. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const kubectl = findProgram("kubectl", programFolders(process.env)) ?? "kubectl";
  const { stdout } = await run(kubectl, ["kustomize", path.join(manifests, folder)]);
  return objectsOf(stdout);
}

/** The names of the folders in a folder of manifests/. */
export const foldersOf = (folder: string): string[] => readdirSync(path.join(manifests, folder)).sort();

/** The objects of somebody's own overlay that takes these resources and components of manifests/. */
export async function combined(
  resources: readonly string[],
  components: readonly string[],
): Promise<Manifest[]> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), "overlay-"));
  const at = (...parts: string[]): string => path.relative(folder, path.join(manifests, ...parts));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: resources.map((name) => at(name)),
    components: components.map((name) => at("components", name)),
  };
  try {
    writeFileSync(path.join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
    return await kustomize(path.relative(manifests, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where helm is, or undefined when it was not built. */
export const helmProgram = (): string | undefined => findProgram("helm", programFolders(process.env));

/** The objects of the chart with these values. */
export async function helmTemplate(
  values: readonly string[] = [],
  namespace = "hawsepipe-system",
): Promise<Manifest[]> {
  const program = helmProgram();
  if (program === undefined) throw new Error("helm missing: run hack/controlplane/build.sh helm");
  const chart = path.join(repository, "manifests/chart");
  const flags = ["-n", namespace, "--kube-version", "1.35.0", ...values.flatMap((value) => ["--set", value])];
  const { stdout } = await run(program, ["template", "hawsepipe", chart, ...flags]);
  return objectsOf(stdout);
}

/** Kinds of other projects, which a bare cluster does not know. */
export const isThirdParty = ({ apiVersion }: Manifest): boolean =>
  /^(cert-manager\.io|monitoring\.coreos\.com)\//.test(apiVersion);

/** The one object of a kind, and of a name where there are several. */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter((o) => o.kind === kind && (name === undefined || o.metadata.name === name));
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return object;
}
