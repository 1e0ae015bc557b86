import type { PrinterColumn } from "../../api/meta/resource-definition.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid, required } from "../../machinery/field/error.ts";
import type { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey } from "../../machinery/json/value.ts";
import { compileJsonPath } from "../../machinery/jsonpath/jsonpath.ts";

const types = ["boolean", "date", "integer", "number", "string"] as const;
const formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/** One entry of `additionalPrinterColumns`. */
export function checkColumn(raw: JsonObject, at: FieldPath, errors: FieldError[]): PrinterColumn {
  const text = (key: string): string => {
    const value = getKey(raw, key);
    return typeof value === "string" ? value : "";
  };
  const [name, type, format, path] = [text("name"), text("type"), text("format"), text("jsonPath")];
  const known = types.find((one) => one === type);
  const mustBe = `must be one of ${types.join(",")}`;
  if (name === "") errors.push(required(at.child("name")));
  if (type === "") errors.push(required(at.child("type"), mustBe));
  else if (known === undefined) errors.push(invalid(at.child("type"), type, mustBe));
  if (format !== "" && !formats.includes(format))
    errors.push(invalid(at.child("format"), format, `must be one of ${formats.join(",")}`));
  checkPath(path, at.child("JSONPath"), errors);
  const priority = getKey(raw, "priority");
  const description = text("description");
  return {
    name,
    type: known ?? "string",
    jsonPath: path,
    ...(format === "" ? {} : { format }),
    ...(description === "" ? {} : { description }),
    ...(typeof priority === "number" ? { priority } : {}),
  };
}

/** Beyond kube-apiserver, a path that would fail with every object is refused here and now. */
function checkPath(path: string, at: FieldPath, errors: FieldError[]): void {
  if (path === "") {
    errors.push(required(at));
    return;
  }
  if (!path.startsWith(".")) {
    errors.push(invalid(at, path, "must be a simple json path starting with ."));
    return;
  }
  try {
    compileJsonPath(path);
  } catch (cause) {
    errors.push(
      invalid(at, path, `is an invalid path: ${cause instanceof Error ? cause.message : String(cause)}`),
    );
  }
}
