import { parse } from "yaml";
import { maskHeaders, Mask } from "../twins/mask.ts";
import type { WireResponse } from "../twins/wire.ts";

/** What of an answer is compared. */
export interface Seen {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** An answer without what is the server's own. Of a page the revision is given that its token asked for. */
export function see(
  response: WireResponse,
  mask: Mask,
  pick: readonly string[] = [],
  ofToken?: string,
): Seen {
  const body = response.headers.some(
    ([name, value]) => name === "content-type" && /json|stream=watch/.test(value),
  )
    ? withoutBookmarks(response.body)
    : response.body;
  return {
    status: response.status,
    headers: maskHeaders(response.headers).map((header) => mask.body(header)),
    body: mask.body(pick.length > 0 && response.status < 300 ? part(body, pick) : body, ofToken),
  };
}

/** The value below these keys, its own keys sorted; elements of lists are found by their name. */
function part(body: string, pick: readonly string[]): string {
  if (!body.startsWith("{")) return body;
  let value: unknown = JSON.parse(body);
  for (const key of pick) {
    value = Array.isArray(value)
      ? value.find((element: string | Named) =>
          typeof element === "string"
            ? element === key
            : element.name === key || element.metadata?.name === key,
        )
      : (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  }
  return value === undefined ? "" : JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}

interface Named {
  readonly name?: string;
  readonly metadata?: { readonly name?: string };
}

/** Whether two answers are the same to a client. */
export function isSame(real: Seen, ours: Seen): boolean {
  return (
    real.status === ours.status &&
    real.headers.join("\n") === ours.headers.join("\n") &&
    isSameBody(real.body, ours.body)
  );
}

/** Whether two masked bodies are the same. */
export function isSameBody(real: string, ours: string): boolean {
  if (real === ours) return true;
  const hasManagers = real.includes("managedFields");
  if (hasManagers && sortQuoted(real) === sortQuoted(ours)) return true;
  if (/"causes"|^ {2}causes:/m.test(real)) return sortCauses(real) === sortCauses(ours);
  return hasManagers && sortManagers(real) === sortManagers(ours);
}

/** The parts of an object that the message of an error quotes, in no order. */
function sortQuoted(body: string): string {
  if (!body.includes(String.raw`\"managedFields\\`)) return body;
  return body
    .split(/[\s,[\]{}]+/)
    .toSorted()
    .join(" ");
}

/** kube-apiserver walks Go maps when it validates, so the order of its errors changes from answer to answer. */
function sortCauses(body: string): string {
  return JSON.stringify(body.startsWith("{") ? JSON.parse(body) : parse(body), (key, value: unknown) => {
    if (key === "causes" && Array.isArray(value)) return (value as Cause[]).map(printCause).toSorted();
    return key === "message" && typeof value === "string" ? words(value) : value;
  });
}

interface Cause {
  readonly message?: string;
}

/** A cause may show the whole object, in which the order of managers does not count, as it does not elsewhere. */
const printCause = ({ message = "", ...cause }: Cause): string =>
  JSON.stringify({ ...cause, message: message.includes("managedFields") ? words(message) : message });

const words = (text: string): readonly string[] => text.split(/[\s,[\]]+/).toSorted();

/**
 * Managed fields are sorted by time, to the second. Two writes fall into one second on one server and into two on the
 * other, so only here the order is put aside.
 */
function sortManagers(body: string): string {
  const sorted = (key: string, value: unknown): unknown =>
    key === "managedFields" && Array.isArray(value)
      ? value.map((entry) => JSON.stringify(entry)).toSorted()
      : value;
  if (body.startsWith("{\n")) return JSON.stringify(JSON.parse(body), sorted);
  if (!body.startsWith("{")) return JSON.stringify(parse(body), sorted);
  return body
    .split("\n")
    .map((line) => {
      if (!line.includes("managedFields") || !line.startsWith("{")) return line;
      return JSON.stringify(JSON.parse(line), sorted);
    })
    .join("\n");
}

function withoutBookmarks(body: string): string {
  if (!body.startsWith('{"type":"')) return body;
  return body
    .split("\n")
    .filter((line) => !line.startsWith('{"type":"BOOKMARK"') || line.includes("initial-events-end"))
    .join("\n");
}
