import { hash } from "node:crypto";
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { encodeJson } from "../machinery/json/encode.ts";

/** SHA-256 over the canonical bytes of rendered resources, in hex; the order of resources counts, that of keys does not. */
export function renderHash(resources: readonly KubeObject[]): string {
  return hash("sha256", encodeJson(resources.map(asJson)));
}
