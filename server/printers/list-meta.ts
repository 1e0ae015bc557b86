import { encodeJson } from "../../machinery/json/encode.ts";

/** What a list says about itself. */
export interface ListMeta {
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continue: string;
  readonly remainingItemCount?: number;
}

/** ListMeta as Go prints the struct: in declaration order, empty fields left out. */
export function encodeTypedListMeta(meta: ListMeta): string {
  const parts: string[] = [];
  if (meta.resourceVersion !== "") parts.push(`"resourceVersion":${encodeJson(meta.resourceVersion)}`);
  if (meta.continue !== "") parts.push(`"continue":${encodeJson(meta.continue)}`);
  if (meta.remainingItemCount !== undefined) parts.push(`"remainingItemCount":${meta.remainingItemCount}`);
  return `{${parts.join(",")}}`;
}

/** ListMeta as custom resources print it: keys sorted, `continue` always there. */
export function encodeSortedListMeta(meta: ListMeta): string {
  const remaining =
    meta.remainingItemCount === undefined ? "" : `"remainingItemCount":${meta.remainingItemCount},`;
  return `{"continue":${encodeJson(meta.continue)},${remaining}"resourceVersion":${encodeJson(meta.resourceVersion)}}`;
}
