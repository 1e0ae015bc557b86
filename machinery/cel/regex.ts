import { LRUCache } from "lru-cache";
import { RE2JS } from "re2js";
import { CelError, CelList } from "./value.ts";

/** Regular expressions of CEL run on RE2 only: they and their input may come from a tenant. */
const cache = new LRUCache<string, RE2JS>({ max: 1024 });

function compile(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > 4096) throw new CelError("regular expression too long");
  try {
    const re = RE2JS.compile(pattern);
    cache.set(pattern, re);
    return re;
  } catch (cause) {
    throw new CelError(cause instanceof Error ? cause.message : String(cause));
  }
}

export const matches = (text: string, pattern: string): boolean => compile(pattern).test(text);

export function findFirst(text: string, pattern: string): string {
  const matcher = compile(pattern).matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

export function findAll(text: string, pattern: string, limit = -1n): CelList {
  const matcher = compile(pattern).matcher(text);
  const out: string[] = [];
  while ((limit < 0n || BigInt(out.length) < limit) && matcher.find()) out.push(matcher.group() ?? "");
  return new CelList(out);
}
