/** Printer columns compiled once per kind: their headers as JSON, and a function per cell. */
import { parseTime } from "../../api/meta/time.ts";
import type { PrinterColumn } from "../../api/meta/resource-definition.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { compileJsonPath } from "../../machinery/jsonpath/jsonpath.ts";
import { humanDuration } from "./age.ts";

/** A cell as JSON text, or an instant whose age is printed at the time of the request. */
export type Cell = string | { readonly since: number };

export interface CompiledColumn {
  readonly header: string;
  cell(object: JsonObject): Cell;
}

const nameDescription =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const ageDescription =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

const nameColumn: CompiledColumn = {
  header: headerJson({ name: "Name", type: "string", format: "name", description: nameDescription }),
  cell: (object) => encodeJson(getPath(object, "metadata", "name") ?? ""),
};

/** Name and the columns of a kind, unless one of them is the name; without any of its own, Name and Age. */
export function compileColumns(columns: readonly PrinterColumn[]): readonly CompiledColumn[] {
  const own: readonly PrinterColumn[] =
    columns.length > 0
      ? columns
      : [{ name: "Age", type: "date", description: ageDescription, jsonPath: ".metadata.creationTimestamp" }];
  const compiled = own.map(compileColumn);
  return own.some(({ isName }) => isName === true) ? compiled : [nameColumn, ...compiled];
}

/** Compiles one column that stands after the name. */
export function compileColumn(column: PrinterColumn): CompiledColumn {
  return { header: headerJson(column), cell: cellOf(column) };
}

function headerJson(
  column: Pick<PrinterColumn, "name" | "type" | "format" | "description" | "priority" | "jsonPath">,
): string {
  const description =
    column.description ??
    (column.jsonPath === undefined
      ? ""
      : `Custom resource definition column (in JSONPath format): ${column.jsonPath}`);
  return `{"name":${encodeJson(column.name)},"type":${encodeJson(column.type)},"format":${encodeJson(column.format ?? "")},"description":${encodeJson(description)},"priority":${column.priority ?? 0}}`;
}

function cellOf(column: PrinterColumn): (object: JsonObject) => Cell {
  const { cell } = column;
  if (cell !== undefined) return (object) => cellForValue(column.type, cell(object));
  if (column.jsonPath === undefined) return () => "null";
  const read = compileJsonPath(column.jsonPath);
  return (object) => {
    const value = read(object)[0];
    if (value === undefined || value === null) return "null";
    return cellForValue(column.type, value);
  };
}

function cellForValue(type: PrinterColumn["type"], value: JsonValue): Cell {
  if (value === null) return "null";
  switch (type) {
    case "string":
      return encodeJson(typeof value === "string" ? value : encodeJson(value));
    case "integer":
      if (typeof value === "bigint") return value.toString();
      return typeof value === "number" ? String(Math.trunc(value)) : "null";
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? encodeJson(value) : "null";
    case "boolean":
      return typeof value === "boolean" ? String(value) : "null";
    case "date":
      return dateCell(value);
  }
}

function dateCell(value: JsonValue): Cell {
  if (typeof value !== "string") return "null";
  if (value === "" || value === "null") return encodeJson("<unknown>");
  const time = parseTime(value);
  return typeof time === "string" ? encodeJson("<invalid>") : { since: time.getTime() };
}

/** The cells of a row as JSON, ages counted at the instant given. */
export function printCells(cells: readonly Cell[], now: number): string {
  return cells
    .map((cell) => (typeof cell === "string" ? cell : encodeJson(humanDuration(now - cell.since))))
    .join(",");
}
