import { getPath, isObject } from "../../../machinery/json/value.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { decodeYaml, YamlSyntaxError } from "../../../machinery/yaml/decode.ts";

/** Where an image of an external provider has everything. */
export const packageDirectory = "/lls-provider";
/** The file that says what an image provides. */
export const packageFile = `${packageDirectory}/lls-provider-spec.yaml`;
/** Where its wheels are, those of dependencies among them. */
export const wheelDirectory = `${packageDirectory}/packages`;
export const maxPackageBytes = 64 * 1024;

/** What an image says of the provider in it. */
export interface ProviderPackage {
  readonly api: string;
  readonly providerType: string;
  /** The module the server imports. */
  readonly packageName: string;
  /** The wheel to install, as an absolute path in the image. */
  readonly wheel: string;
}

/** Reads the file; a text says why it cannot be used. */
export function parseProviderPackage(text: string | Buffer): ProviderPackage | string {
  let document: JsonValue;
  try {
    document = decodeYaml(text, { maxBytes: maxPackageBytes, maxDepth: 20 }).value;
  } catch (error) {
    if (error instanceof YamlSyntaxError) return `is not YAML: ${error.message}`;
    throw error;
  }
  if (!isObject(document)) return "is not a mapping";
  const at = (...path: string[]): string => {
    const value = getPath(document, ...path);
    return typeof value === "string" ? value : "";
  };
  if (at("kind") !== "ProviderPackage") return "is not of kind ProviderPackage";
  const missing = required.filter((path) => at(...path) === "").map((path) => path.join("."));
  if (missing.length > 0) return `lacks ${missing.join(", ")}`;
  const providerType = at("spec", "providerType");
  if (!typeForm.test(providerType)) {
    return `has providerType ${JSON.stringify(providerType)}, which is neither remote::NAME nor inline::NAME`;
  }
  const packageName = at("spec", "packageName");
  if (!moduleForm.test(packageName))
    return `has packageName ${JSON.stringify(packageName)}, which is no module`;
  const wheel = wheelOf(at("spec", "wheelPath"));
  if (wheel === undefined) {
    return `has wheelPath ${JSON.stringify(at("spec", "wheelPath"))}, which is no wheel below ${wheelDirectory}`;
  }
  return { api: at("spec", "api"), providerType, packageName, wheel };
}

const required = [
  ["metadata", "name"],
  ["metadata", "version"],
  ["spec", "packageName"],
  ["spec", "providerType"],
  ["spec", "api"],
  ["spec", "wheelPath"],
] as const;
const typeForm = /^(?:remote|inline)::[a-z0-9-]+$/;
const moduleForm = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Paths are meant from the directory of the wheels or of the package, or from the root; none leads out of it. */
function wheelOf(path: string): string | undefined {
  if (!path.endsWith(".whl") || path.split("/").includes("..") || path.startsWith("-")) return undefined;
  const relative = path
    .replace(/^(?:\.?\/)+/, "")
    .replace(/^lls-provider\//, "")
    .replace(/^packages\//, "");
  return /^[\w.+!-]+(?:\/[\w.+!-]+)*$/.test(relative) ? `${wheelDirectory}/${relative}` : undefined;
}
