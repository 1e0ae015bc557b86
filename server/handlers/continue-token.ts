/** The continue tokens of kube-apiserver, byte for byte, so that tools that look inside keep working. */
import type { ApiError } from "../../api/errors/api-error.ts";
import { badRequest } from "../../api/errors/catalogue.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { messageOf } from "./decode-body.ts";

const tokenVersion = "meta.k8s.io/v1";

/** Where a list goes on. */
export interface Continuation {
  /** The snapshot to read, -1 for whatever is newest. */
  readonly revision: number;
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
  if (!isObject(value)) throw refuse("json: cannot unmarshal into Go value of type storage.continueToken");
  if (getKey(value, "v") !== tokenVersion) {
    const version = getKey(value, "v");
    throw refuse(
      `server does not recognize this encoded version ${typeof version === "string" ? version : ""}`,
    );
  }
  const revision = getKey(value, "rv");
  if (typeof revision !== "number" || !Number.isInteger(revision) || revision === 0 || revision < -1) {
    throw refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  }
  const start = getKey(value, "start");
  if (typeof start !== "string" || start === "") {
    throw refuse(`encoded start key empty (version ${tokenVersion})`);
  }
  const relative = start.startsWith("/") ? start.slice(1) : start;
  if (/(^|\/)\.{1,2}(\/|$)/.test(relative)) throw refuse(start);
  return { revision, start: relative };
}

/** The offset of the first byte Go's base64.RawURLEncoding refuses. */
function illegalBase64(token: string): number | undefined {
  const wrong = token.search(/[^A-Za-z0-9_-]/);
  if (wrong >= 0) return wrong;
  return token.length % 4 === 1 ? token.length - 1 : undefined;
}
