/**
 * Bytes as Go's file server hands them out: only where what a client says it knows makes that useful, and in part where a
 * part is asked for.
 */
import type { ApiRequest, BytesResponse } from "../http/api-request.ts";

/** What there is to hand out. */
export interface Content {
  readonly body: Buffer;
  readonly contentType: string;
  /** An HTTP date. */
  readonly lastModified: string;
  /** Without its quotes. */
  readonly tag?: string;
}

type Request = Pick<ApiRequest, "header">;
type Headers = Readonly<Record<string, string>>;

/** The answer, with these headers in any case. */
export function serveContent(request: Request, content: Content, headers: Headers): BytesResponse {
  const { body, contentType, lastModified } = content;
  const tag = content.tag === undefined ? undefined : { ETag: `"${content.tag}"` };
  const since = { "Last-Modified": lastModified };
  if (!isWanted(request, content))
    return { status: 412, headers: { "Content-Type": contentType, ...since, ...tag, ...headers }, body: "" };
  // A tag says more than the time, which Go leaves out then.
  if (isKnown(request, content)) return { status: 304, headers: { ...(tag ?? since), ...headers }, body: "" };
  const whole = { "Content-Type": contentType, "Accept-Ranges": "bytes", ...since, ...tag, ...headers };
  const part = partOf(request, content);
  if (part === undefined) return { status: 200, headers: whole, body };
  if (typeof part === "string") return unsatisfiable(part, body.length, headers);
  const { from, to } = part;
  return {
    status: 206,
    headers: { ...whole, "Content-Range": `bytes ${String(from)}-${String(to - 1)}/${String(body.length)}` },
    body: body.subarray(from, to),
  };
}

/** Whether it is what the client will have: by its tag, and where it names none by the time. */
function isWanted(request: Request, { tag, lastModified }: Content): boolean {
  const tags = request.header("if-match");
  if (tags !== undefined) return tagsIn(tags).some((one) => one === "*" || one === `"${tag ?? ""}"`);
  const until = Date.parse(request.header("if-unmodified-since") ?? "");
  return Number.isNaN(until) || Date.parse(lastModified) <= until;
}

/** Whether the client has it: by its tag, and where it names none by the time, in whole seconds. */
function isKnown(request: Request, { tag, lastModified }: Content): boolean {
  const tags = request.header("if-none-match");
  if (tags !== undefined)
    return tagsIn(tags).some((one) => one === "*" || one.replace(/^W\//, "") === `"${tag ?? ""}"`);
  const had = Date.parse(request.header("if-modified-since") ?? "");
  return had >= Date.parse(lastModified);
}

const tagsIn = (header: string): string[] => header.split(",").map((tag) => tag.trim());

/** The bytes that are asked for, why there are none, or undefined where it is all. */
function partOf(
  request: Request,
  content: Content,
): { readonly from: number; readonly to: number } | string | undefined {
  const asked = request.header("range");
  if (asked === undefined || asked === "" || !isSame(request.header("if-range"), content)) return undefined;
  if (!asked.startsWith("bytes=")) return "invalid range";
  const ranges = asked.slice("bytes=".length).split(",");
  // Several parts are not put together here; who asks for them has to take the whole, too.
  if (ranges.length > 1) return undefined;
  const [, start, end] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(ranges[0] ?? "") ?? [];
  if (start === undefined || end === undefined || (start === "" && end === "")) return "invalid range";
  const size = content.body.length;
  if (start === "") return { from: Math.max(0, size - Number(end)), to: size };
  const from = Number(start);
  if (end !== "" && Number(end) < from) return "invalid range";
  if (from >= size) return "invalid range: failed to overlap";
  return { from, to: end === "" ? size : Math.min(size, Number(end) + 1) };
}

/** Whether the part is of what the client has the rest of. */
function isSame(header: string | undefined, { tag, lastModified }: Content): boolean {
  if (header === undefined || header === "") return true;
  if (header.startsWith('"')) return header === `"${tag ?? ""}"`;
  return Date.parse(header) === Date.parse(lastModified);
}

const unsatisfiable = (why: string, size: number, headers: Headers): BytesResponse => ({
  status: 416,
  headers: {
    ...headers,
    ...(why.endsWith("overlap") ? { "Content-Range": `bytes */${String(size)}` } : {}),
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  },
  body: `${why}\n`,
});
