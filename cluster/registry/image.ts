/**
 * Reads what an image says of itself: its labels, and single files of its layers. Every document is checked against the
 * digest it was asked for by, and none may be larger than such documents are.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { ImageReference } from "./reference.ts";
import { isDigest, versionOf } from "./reference.ts";
import type { RegistrySession } from "./session.ts";
import { fileInTar } from "./tar.ts";

/** A part of an image, as its manifest lists it. */
export interface LayerReference {
  readonly digest: string;
  /** Of what the layer is when it is unpacked; what builders know before they have packed it. */
  readonly diffId?: string;
  /** Whether it is small enough for its files to be read. */
  readonly isReadable: boolean;
}

export interface ImageFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly layers: readonly LayerReference[];
}

/** What no document of an image may be larger than, and no image have more of. */
const imageLimits = {
  manifestBytes: 4 * 1024 * 1024,
  configBytes: 4 * 1024 * 1024,
  layerBytes: 16 * 1024 * 1024,
  unpackedBytes: 64 * 1024 * 1024,
  /** No container runtime takes more than 127. */
  layers: 200,
};

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const accept = [...indexTypes, ...manifestTypes].join(", ");

/** The digest a reference stands for at this moment. Asked even where there is one: whether it may be read at all. */
export async function digestOf(session: RegistrySession, reference: ImageReference): Promise<string> {
  const path = `manifests/${versionOf(reference)}`;
  const { headers } = await session.ask("HEAD", path, { accept, maxBytes: 0 });
  const said = reference.digest ?? headers["docker-content-digest"] ?? "";
  if (isDigest(said)) return said;
  // Not every registry says it.
  const { body } = await session.ask("GET", path, { accept, maxBytes: imageLimits.manifestBytes });
  return sha256(body);
}

/** Labels and layers of the image for Linux; where there are several, of that for amd64 or else of the first. */
export async function readImage(session: RegistrySession, digest: string): Promise<ImageFacts> {
  let manifest = await manifestOf(session, digest);
  const platforms = getKey(manifest, "manifests");
  if (Array.isArray(platforms)) {
    const chosen = linuxDigest(platforms);
    if (chosen === undefined) throw session.error("malformed", "there is no image for Linux");
    manifest = await manifestOf(session, chosen);
  }
  const config = getPath(manifest, "config", "digest");
  if (typeof config !== "string" || !isDigest(config)) {
    throw session.error("malformed", "its manifest names no configuration");
  }
  const { body } = await session.ask("GET", `blobs/${config}`, { maxBytes: imageLimits.configBytes });
  const image = documentOf(session, body, config);
  const layers = layersOf(manifest, image);
  if (layers.length > imageLimits.layers) {
    throw session.error("too-large", `it has ${layers.length} layers`);
  }
  return { labels: labelsOf(image), layers };
}

/** A manifest or an index: what it is shows in its type, and nothing may be read as both. */
async function manifestOf(session: RegistrySession, digest: string): Promise<JsonObject> {
  const { headers, body } = await session.ask("GET", `manifests/${digest}`, {
    accept,
    maxBytes: imageLimits.manifestBytes,
  });
  const document = documentOf(session, body, digest);
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  const said = getKey(document, "mediaType") ?? type.trim();
  const isIndex = getKey(document, "manifests") !== undefined;
  const isManifest = getKey(document, "config") !== undefined || getKey(document, "layers") !== undefined;
  const types = isIndex ? indexTypes : manifestTypes;
  const isPlain = plainTypes.includes(type.trim());
  if (
    isIndex === isManifest ||
    typeof said !== "string" ||
    (!types.includes(said) && !plainTypes.includes(said)) ||
    (type.trim() !== said && !isPlain)
  ) {
    throw session.error("malformed", `${digest} is of type ${JSON.stringify(type)}, ${JSON.stringify(said)}`);
  }
  return document;
}

/** Types that say nothing, which some registries answer with; the document has to say it then, or show it. */
const plainTypes = ["", "application/json", "application/octet-stream"];

function documentOf(session: RegistrySession, body: Buffer, digest: string): JsonObject {
  if (sha256(body) !== digest)
    throw session.error("malformed", `what it gives for ${digest} has another digest`);
  const document = parseObject(body);
  if (document === undefined) throw session.error("malformed", `${digest} is no JSON object`);
  return document;
}

/** The bytes of one file of a layer; undefined when it is not there as a regular file of that size at most. */
export async function readLayerFile(
  session: RegistrySession,
  {
    layer,
    path,
    maxBytes,
  }: { readonly layer: LayerReference; readonly path: string; readonly maxBytes: number },
): Promise<Buffer | undefined> {
  const { digest } = layer;
  if (!layer.isReadable) throw session.error("too-large", `layer ${digest} is too large to be looked into`);
  const { body } = await session.ask("GET", `blobs/${digest}`, { maxBytes: imageLimits.layerBytes });
  if (sha256(body) !== digest)
    throw session.error("malformed", `what it gives for ${digest} has another digest`);
  try {
    return await fileInTar(unpacked(body), path, maxBytes);
  } catch (cause) {
    if (cause instanceof UnpackedTooLargeError) {
      throw session.error("too-large", `layer ${digest} is larger than ${imageLimits.unpackedBytes} bytes`, {
        cause,
      });
    }
    throw session.error("malformed", `layer ${digest} cannot be unpacked`, { cause });
  }
}

/** A layer is more than is looked through: a small one can be unpacked to anything. */
class UnpackedTooLargeError extends Error {
  override readonly name = "UnpackedTooLargeError";
}

/** The archive in a layer: what it is packed with shows in its first bytes, whatever its media type says. */
async function* unpacked(body: Buffer): AsyncGenerator<Buffer> {
  const source = Readable.from([body]);
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const isZstd = body.length > 3 && body.readUInt32LE(0) === 0xfd2fb528;
  const stream = isGzip ? source.pipe(createGunzip()) : isZstd ? source.pipe(createZstdDecompress()) : source;
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > imageLimits.unpackedBytes) throw new UnpackedTooLargeError();
      yield chunk;
    }
  } finally {
    stream.destroy();
  }
}

function linuxDigest(platforms: readonly JsonValue[]): string | undefined {
  const linux = platforms
    .filter(isObject)
    .filter((entry) => getPath(entry, "platform", "os") === "linux")
    .filter((entry) => getPath(entry, "platform", "architecture") !== "unknown");
  const chosen = linux.find((entry) => getPath(entry, "platform", "architecture") === "amd64") ?? linux[0];
  const digest = chosen === undefined ? undefined : getKey(chosen, "digest");
  return typeof digest === "string" && isDigest(digest) ? digest : undefined;
}

function labelsOf(image: JsonObject): Record<string, string> {
  const labels = getPath(image, "config", "Labels");
  if (!isObject(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function layersOf(manifest: JsonObject, image: JsonObject): LayerReference[] {
  const listed = getKey(manifest, "layers");
  const diffIds = getPath(image, "rootfs", "diff_ids");
  return (Array.isArray(listed) ? listed : []).flatMap((layer, i) => {
    const digest = isObject(layer) ? getKey(layer, "digest") : undefined;
    if (typeof digest !== "string" || !isDigest(digest)) return [];
    const diffId = Array.isArray(diffIds) ? diffIds[i] : undefined;
    const size = getPath(layer, "size");
    const isReadable = typeof size === "number" && size <= imageLimits.layerBytes;
    return [{ digest, isReadable, ...(typeof diffId === "string" ? { diffId } : {}) }];
  });
}

const sha256 = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`;

function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value = JSON.parse(body.toString("utf8")) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
