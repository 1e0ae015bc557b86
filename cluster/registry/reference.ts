/**
 * Names of images, as container runtimes read them. Nothing here talks to a registry.
 */

export interface ImageReference {
  /** The host, with its port, that registries are configured under: `docker.io` for names without one. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where there is a digest, which says more. */
  readonly tag?: string;
  readonly digest?: string;
}

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a digest this client can check. */
export const isDigest = (text: string): boolean => digestForm.test(text);

/** Reads a name; undefined for one that is no image's, or whose digest is not SHA-256. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [name = "", digest, ...rest] = text.split("@");
  if (rest.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const { path, tag } = splitTag(name);
  const [first = "", ...others] = path.split("/");
  const isHost = others.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const registry = isHost ? canonicalRegistry(first) : "docker.io";
  const components = isHost ? others : [first, ...others];
  if (!registryForm.test(registry) || !components.every((part) => componentForm.test(part))) return undefined;
  if (tag !== undefined && !tagForm.test(tag)) return undefined;
  const isOfficial = registry === "docker.io" && components.length === 1;
  const repository = isOfficial ? `library/${components.join("/")}` : components.join("/");
  return { registry, repository, ...(digest === undefined ? { tag: tag ?? "latest" } : { digest }) };
}

const componentForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const registryForm = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;

/** A colon after the last slash starts the tag; one before it a port. */
function splitTag(name: string): { readonly path: string; readonly tag?: string } {
  const colon = name.lastIndexOf(":");
  if (colon <= name.lastIndexOf("/")) return { path: name };
  return { path: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** Docker Hub has several names. */
export function canonicalRegistry(host: string): string {
  const lower = host.toLowerCase();
  return lower === "index.docker.io" || lower === "registry-1.docker.io" ? "docker.io" : lower;
}

/** The host that answers for a registry. */
export const endpointOf = (registry: string): string =>
  registry === "docker.io" ? "registry-1.docker.io" : registry;

/** What a manifest is asked for by. */
export const versionOf = ({ tag, digest }: ImageReference): string => digest ?? tag ?? "latest";

/** The name in full. */
export const printReference = (reference: ImageReference): string =>
  `${reference.registry}/${reference.repository}${reference.digest === undefined ? ":" : "@"}${versionOf(reference)}`;
