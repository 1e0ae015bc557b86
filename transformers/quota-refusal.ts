import type { ApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { parseQuantity, scaledValue } from "../machinery/quantity/quantity.ts";

/** What a replacement creates, and what it deletes before; both may be of several kinds. */
export interface Turnover {
  readonly created: readonly KubeObject[];
  readonly deleted: readonly KubeObject[];
}

/**
 * Whether a dry run of the resource was refused only because a quota counts what is going to make room: once the old are
 * gone, the new are no more of the kind than it allows. What a quota says of amounts is never taken for that.
 */
export function isRoomMade(
  error: ApiError,
  { apiVersion, kind }: KubeObject,
  { plural, created, deleted }: Turnover & { readonly plural: string },
): boolean {
  const found = /exceeded quota: [^,]+, requested: (\S+), used: (\S+), limited: (\S+)$/.exec(error.message);
  if (error.code !== 403 || found === null) return false;
  const [requested, used, limited] = found.slice(1).map(amounts) as [Amounts, Amounts, Amounts];
  const group = groupOf(apiVersion);
  const ofKind = (objects: readonly KubeObject[]): bigint =>
    BigInt(objects.filter((object) => object.kind === kind && groupOf(object.apiVersion) === group).length);
  if (ofKind(deleted) === 0n) return false;
  const counts = group === "" ? [plural, `count/${plural}`] : [`count/${plural}.${group}`];
  return [...requested.keys()].every((name) => {
    const before = used.get(name);
    const limit = limited.get(name);
    if (!counts.includes(name) || before === undefined || limit === undefined) return false;
    return before - ofKind(deleted) + ofKind(created) <= limit;
  });
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

type Amounts = ReadonlyMap<string, bigint | undefined>;

/** `count/services=1,services=1`; undefined for what counts no objects. */
const amounts = (text: string): Amounts =>
  new Map(
    text.split(",").map((entry): [string, bigint | undefined] => {
      const [name = "", amount = ""] = entry.split("=");
      return [name, /^[0-9]{1,15}[kM]?$/.test(amount) ? scaledValue(parseQuantity(amount), 0) : undefined];
    }),
  );
