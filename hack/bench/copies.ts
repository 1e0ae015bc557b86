/**
 * Objects as a server stores them, copied under other names. One object goes the whole way of a request; the others are
 * put where the server keeps what it has stored, byte for byte what it would have written, so that there can be many of
 * them within seconds.
 */
import { renderDeployment } from "../../admission/render.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { renderHash } from "../../transformers/render-hash.ts";
import { groups, namespaces } from "./client/jobs.ts";

/** The object that was created, of which all others are copies. */
export const original = { namespace: "bench-0", name: "m-0", group: "g-0" } as const;

/** Where object `i` is. */
export const placeOf = (i: number): { readonly namespace: string; readonly name: string } => ({
  namespace: `bench-${String(i % namespaces)}`,
  name: `m-${String(i)}`,
});

/** Which of the numbers a copy is made for. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Makes the copies of a stored original. */
export class Copier {
  readonly #text: string;
  readonly #uid: string;
  /** What its status says of what it is rendered to, which the names are part of. */
  readonly #hash: string | undefined;

  /** Throws when it is not the original. */
  constructor(stored: string) {
    const { metadata, status } = JSON.parse(stored) as {
      metadata: { name?: string; namespace?: string; uid?: string; labels?: Record<string, string> };
      status?: { rendered?: { hash?: string } };
    };
    const { name, namespace, uid, labels } = metadata;
    const isOriginal =
      name === original.name && namespace === original.namespace && labels?.["bench"] === original.group;
    if (!isOriginal || uid === undefined) throw new Error(`${stored.slice(0, 200)} is not the original`);
    this.#text = stored;
    this.#uid = uid;
    this.#hash = status?.rendered?.hash;
  }

  /** Object `i`, another one by its name, its namespace, its group and its uid wherever they stand. */
  copy(i: number, uid: string): string {
    const { namespace, name } = placeOf(i);
    const group = `g-${String(Math.floor(i / namespaces) % groups)}`;
    const text = this.#text
      .replaceAll(this.#uid, uid)
      .replace(/\b(?:bench-0|m-0|g-0)\b/g, (found) =>
        found === original.name ? name : found === original.group ? group : namespace,
      );
    if (this.#hash === undefined) return text;
    // With another one there would be something to write for each copy.
    const { resources } = renderDeployment(JSON.parse(text) as ModelDeployment);
    return text.replace(this.#hash, renderHash(resources));
  }
}
