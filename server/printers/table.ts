/** The Table form: what kubectl prints. Row objects come from kept bytes; only ages are computed per request. */
import { invalidTableOptions } from "./table-options.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Query } from "../http/query.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import type { CompiledColumn } from "./columns.ts";
import { printCells } from "./columns.ts";
import type { ListMeta } from "./list-meta.ts";
import { encodeTypedListMeta } from "./list-meta.ts";
import { objectBytes, objectCells, partialBytes } from "./object-bytes.ts";

export type IncludeObject = "Metadata" | "None" | "Object";

/** What of each object goes into its row; throws BadRequest for an unknown word. */
export function includeObjectOf(query: Query): IncludeObject {
  const text = query.get("includeObject") ?? "";
  switch (text) {
    case "":
    case "Metadata":
      return "Metadata";
    case "None":
    case "Object":
      return text;
    default:
      throw invalidTableOptions(text);
  }
}

export interface TableOptions {
  /** `v1` or `v1beta1` of meta.k8s.io. */
  readonly metaVersion: string;
  readonly include: IncludeObject;
  readonly now: number;
}

/** A Table of one object, in pieces. */
export function tableOf(
  version: ServedVersion,
  object: CachedObject,
  meta: ListMeta,
  options: TableOptions,
): Buffer[] {
  const parts: Buffer[] = [Buffer.from(tableHead(version.columns, meta, options.metaVersion))];
  parts.push(...tableRow(version, object, options, false), tableEnd);
  return parts;
}

/** Everything up to the first row; without columns the definitions are null, as after the first event of a watch. */
export function tableHead(
  columns: readonly CompiledColumn[] | undefined,
  meta: ListMeta,
  metaVersion: string,
): string {
  const headers = columns === undefined ? "null" : `[${columns.map((column) => column.header).join(",")}]`;
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${encodeTypedListMeta(meta)},"columnDefinitions":${headers},"rows":[`;
}

/** What closes a table. */
export const tableTail = "]}";
/** The same in bytes. */
export const tableEnd = Buffer.from(tableTail);
const rowEnd = Buffer.from("}");

/** The row of an object, in pieces. */
export function tableRow(
  version: ServedVersion,
  item: CachedObject,
  options: TableOptions,
  comma: boolean,
): Buffer[] {
  const cells = printCells(objectCells(version, item), options.now);
  const head = `${comma ? "," : ""}{"cells":[${cells}],"object":`;
  switch (options.include) {
    case "None":
      return [Buffer.from(`${head}null}`)];
    case "Object":
      return [Buffer.from(head), objectBytes(version, item), rowEnd];
    case "Metadata":
      return [Buffer.from(head), partialBytes(version, item, options.metaVersion), rowEnd];
  }
}

/** The row of a bookmark: an empty name and nulls, and what a bookmark has in common with the objects of its kind. */
export function bookmarkCells(columns: readonly CompiledColumn[], bookmark: JsonObject): string {
  const cells = columns.map((column) => column.cell(bookmark));
  return cells.map((cell) => (typeof cell === "string" ? cell : "null")).join(",");
}
