/** The continue tokens of kube-apiserver, byte for byte, so that tools that look inside keep working. */
import type { ApiError } from "../../api/errors/api-error.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { messageOf } from "./decode-body.ts";
import type { AskedRevision } from "./resource-version.ts";

const tokenVersion = "meta.k8s.io/v1";

/** Where a list goes on. */
export interface Continuation {
  /** The snapshot to read, below 0 for whatever is newest. */
  readonly revision: AskedRevision;
  /** The first key that may be on the page, relative to the listed prefix. */
  readonly start: string;
}

/** The token for the page after `lastKey`. A consistent token has a slash before its key, an inconsistent one none. */
export function encodeContinue(lastKey: string, revision: number): string {
  const start = `${revision === -1 ? "" : "/"}${lastKey}\0`;
  const json = `{"v":"${tokenVersion}","rv":${revision},"start":${JSON.stringify(start)}}`;
  return Buffer.from(json).toString("base64url");
}

/** Reads a token; throws BadRequest. */
export function decodeContinue(token: string): Continuation {
  const refuse = (why: string): ApiError =>
    badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const illegal = illegalBase64(token);
  if (illegal !== undefined) throw refuse(`illegal base64 data at input byte ${illegal}`);
  let value;
  try {
    ({ value } = decodeJson(Buffer.from(token, "base64url")));
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const wrong = wrongType(value);
  if (wrong !== undefined) throw refuse(wrong);
  const content = isObject(value) ? value : {};
  const version = getKey(content, "v");
  if (version !== tokenVersion) {
    const known = typeof version === "string" ? version : "";
    throw refuse(`server does not recognize this encoded version ${known}`);
  }
  const asked = getKey(content, "rv") ?? 0;
  const revision = typeof asked === "bigint" ? asked : Number(asked);
  if (revision === 0) throw refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  const start = getKey(content, "start");
  if (typeof start !== "string" || start === "") {
    throw refuse(`encoded start key empty (version ${tokenVersion})`);
  }
  const relative = start.startsWith("/") ? start.slice(1) : start;
  if (/(^|\/)\.{1,2}(\/|$)/.test(relative)) throw refuse(start);
  return { revision, start: relative };
}

/** What Go says of the first value that does not fit the token; null fits everything. */
function wrongType(value: JsonValue): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value))
    return `json: cannot unmarshal ${goKind(value)} into Go value of type storage.continueToken`;
  for (const [key, member] of Object.entries(value)) {
    const type = fieldTypes.get(key);
    if (type === undefined || member === null || isOfType(member, type)) continue;
    const what = typeof member === "number" && type === "int64" ? `number ${String(member)}` : goKind(member);
    return `json: cannot unmarshal ${what} into Go struct field continueToken.${key} of type ${type}`;
  }
  return undefined;
}

const fieldTypes = new Map<string, "string" | "int64">([
  ["v", "string"],
  ["rv", "int64"],
  ["start", "string"],
]);

function isOfType(value: JsonValue, type: "string" | "int64"): boolean {
  if (type === "string") return typeof value === "string";
  // What is read as a number above 2^53 was none of 64 bits.
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function goKind(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "object":
      return "object";
    default:
      return "number";
  }
}

/** The offset of the first byte Go's base64.RawURLEncoding refuses. */
function illegalBase64(token: string): number | undefined {
  const wrong = token.search(/[^A-Za-z0-9_-]/);
  if (wrong >= 0) return wrong;
  return token.length % 4 === 1 ? token.length - 1 : undefined;
}
