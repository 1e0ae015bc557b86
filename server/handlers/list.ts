/** GET of a collection: a consistent snapshot, whole or in pages, from memory. */
import { goQuote } from "../../machinery/json/quote.ts";
import { badRequest, expired, tooLargeResourceVersion } from "../../api/errors/catalogue.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { ApiResponse } from "../http/api-request.ts";
import type { ListMeta } from "../printers/list-meta.ts";
import { formOf, respondList } from "../printers/respond.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject, CacheList } from "../storage/watchcache/types.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import type { ListOptions } from "./list-options.ts";
import { listOptions } from "./list-options.ts";
import type { AskedRevision } from "./resource-version.ts";
import { askedRevision, parseUint64, uintError } from "./resource-version.ts";
import type { Scope } from "./scope.ts";

/** Answers a list. */
export async function handleList(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const asked = listOptions(version, request.query, false);
  const form = formOf(request);
  const options = asked.select();
  const page = await listPage(scope, options);
  return respondList(version, page.items, page.meta, { request, form, now: deps.clock.now() });
}

export interface Page {
  readonly items: readonly CachedObject[];
  readonly meta: ListMeta;
}

/** One page of the collection, or all of it. */
export async function listPage(scope: Scope, options: ListOptions): Promise<Page> {
  const { list, start } = await snapshot(scope, options);
  const from = start === undefined ? 0 : firstAtOrAfter(list.items, start, scope.namespace);
  const resourceVersion = String(list.revision);
  const { limit, selection } = options;
  if (from === 0 && limit === 0 && selection.isEverything) {
    return { items: list.items, meta: { resourceVersion, continue: "" } };
  }
  const items: CachedObject[] = [];
  for (let i = from; i < list.items.length; i += 1) {
    const item = list.items[i];
    if (item === undefined || !selection.matches(item)) continue;
    items.push(item);
    if (limit === 0 || items.length < limit || i === list.items.length - 1) continue;
    return {
      items,
      meta: {
        resourceVersion,
        continue: encodeContinue(relativeKey(item, scope.namespace), list.revision),
        ...(selection.isEverything ? { remainingItemCount: list.items.length - i - 1 } : {}),
      },
    };
  }
  return { items, meta: { resourceVersion, continue: "" } };
}

/** The state the request asks for, and where its page starts. */
async function snapshot(
  scope: Scope,
  options: ListOptions,
): Promise<{ readonly list: CacheList; readonly start?: string }> {
  const { cache, gr } = scope.version.resource;
  try {
    if (options.continue !== "") return await continued(scope, options);
    const { resourceVersion: text } = options;
    if (text === "") {
      await cache.current();
      return { list: cache.list(scope.namespace) };
    }
    const revision = listVersion(text);
    if (revision === 0) {
      // An empty answer must not come from a cache that lost its store.
      const list = cache.list(scope.namespace);
      if (list.items.length === 0) await cache.current();
      return { list: list.items.length === 0 ? cache.list(scope.namespace) : list };
    }
    await cache.waitFor(revision);
    const isExact =
      options.resourceVersionMatch === "Exact" || (options.resourceVersionMatch === "" && options.limit > 0);
    if (!isExact) return { list: cache.list(scope.namespace) };
    const list = await cache.listAt(scope.namespace, Number(revision));
    if (list === undefined) throw expired("The resourceVersion for the provided list is too old.");
    return { list };
  } catch (error) {
    throw translateStorageError(error, gr, "");
  }
}

async function continued(
  scope: Scope,
  options: ListOptions,
): Promise<{ readonly list: CacheList; readonly start: string }> {
  if (options.resourceVersion !== "" && options.resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const { cache } = scope.version.resource;
  const { revision, start } = decodeContinue(options.continue);
  const current = await cache.current();
  if (revision < 0) return { list: cache.list(scope.namespace), start };
  if (revision > current) throw tooLargeResourceVersion(revision, current);
  const list = await cache.listAt(scope.namespace, Number(revision));
  if (list !== undefined) return { list, start };
  throw expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    encodeContinue(start.replace(/\0$/, ""), -1),
  );
}

function listVersion(text: string): AskedRevision {
  const value = parseUint64(text);
  if (value === undefined) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${goQuote(text)}: ${uintError(text)}`,
    );
  }
  return askedRevision(value);
}

/** The key of an object below the listed prefix: without the namespace when only one is listed. */
function relativeKey(object: CachedObject, namespace: string): string {
  return namespace === "" ? object.key : object.name;
}

/** The index of the first item whose key is at or after the start. */
function firstAtOrAfter(items: readonly CachedObject[], start: string, namespace: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && compareUtf8(relativeKey(item, namespace), start) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
