import { hash } from "node:crypto";
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { encodeJson } from "../machinery/json/encode.ts";

/** SHA-256 over the canonical bytes of rendered resources, in hex; the order of resources counts, that of keys does not. */
export const renderHash = (resources: readonly KubeObject[]): string => hashOf(resources.map(textOf));

/** That of all of them together, and that of each by itself; each is encoded once. */
export function renderHashes(resources: readonly KubeObject[]): {
  readonly all: string;
  readonly each: readonly string[];
} {
  const texts = resources.map(textOf);
  return { all: hashOf(texts), each: texts.map((text) => hashOf([text])) };
}

const textOf = (resource: KubeObject): string => encodeJson(asJson(resource));

const hashOf = (texts: readonly string[]): string => hash("sha256", `[${texts.join(",")}]`);
