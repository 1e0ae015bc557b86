/** The encoded forms of one object, each made once and kept with the object in the cache. */
import type { ServedVersion } from "../registry/served-resource.ts";
import { encodePartialMetadata } from "../protobuf/encode-metadata.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import type { Cell } from "./columns.ts";
import { readBytes, readMetadata, readObject } from "./read-object.ts";
import { encodeTypedMetadata } from "./typed-metadata.ts";

/** Compact JSON in the version, without a newline. */
export function objectBytes(version: ServedVersion, cached: CachedObject): Buffer {
  return cached.bytes(`json/${version.name}`, (object) => readBytes(version, object));
}

/** The object as PartialObjectMetadata of `meta.k8s.io/v1` or `v1beta1`. */
export function partialBytes(version: ServedVersion, cached: CachedObject, metaVersion: string): Buffer {
  return cached.bytes(partialForm(version, metaVersion), (object) =>
    encodePartial(version, object, metaVersion),
  );
}

/** The same for one use: it is not kept, as those who follow metadata read each object once. */
export function passingPartialBytes(
  version: ServedVersion,
  cached: CachedObject,
  metaVersion: string,
): Buffer {
  return cached.kept(partialForm(version, metaVersion)) ?? encodePartial(version, cached, metaVersion);
}

const partialForm = (version: ServedVersion, metaVersion: string): string =>
  `partial-${metaVersion}/${version.name}`;

function encodePartial(version: ServedVersion, object: CachedObject, metaVersion: string): Buffer {
  const metadata = encodeTypedMetadata(readMetadata(version, object));
  return Buffer.from(
    `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${metadata}}`,
  );
}

/** The object as a PartialObjectMetadata in protobuf, without its envelope. */
export function partialMessage(version: ServedVersion, cached: CachedObject): Buffer {
  return cached.bytes(`partial-protobuf/${version.name}`, (object) =>
    encodePartialMetadata(readMetadata(version, object)),
  );
}

/** The cells of the object's row; ages still to be counted. */
export function objectCells(version: ServedVersion, cached: CachedObject): readonly Cell[] {
  return cached.memo(
    `cells/${version.name}`,
    (object) => {
      const read = readObject(version, object);
      return version.columns.map((column) => column.cell(read));
    },
    weightOfCells,
  );
}

/** Text, and what an engine needs for a value beside it. */
const weightOfCells = (cells: readonly Cell[]): number =>
  cells.reduce((sum, cell) => sum + 32 + (typeof cell === "string" ? cell.length : 0), 64);
