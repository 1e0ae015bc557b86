import { isApiError } from "../api/errors/api-error.ts";
import { parseApiVersion } from "../api/meta/types.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { getKey, isObject } from "../machinery/json/value.ts";
import type { ResourceRef } from "./client.ts";

/** Finds where kinds live, by discovery. */
export interface ResourceMapper {
  /** undefined when the group-version or the kind is not served. Finds are kept; a miss asks again next time. */
  resolve(apiVersion: string, kind: string, fresh: boolean): Promise<ResourceRef | undefined>;
}

export function createResourceMapper(getRaw: (path: string) => Promise<JsonValue>): ResourceMapper {
  const known = new Map<string, ResourceRef>();
  const asking = new Map<string, Promise<void>>();

  async function discover(apiVersion: string): Promise<void> {
    const { group, version } = parseApiVersion(apiVersion);
    const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = await getRaw(path).catch((error: unknown) => {
      // Only "there is no such group-version" means unknown; anything else is a failure the caller must see.
      if (isApiError(error) && error.code === 404) return {};
      throw error;
    });
    const resources = isObject(list) ? getKey(list, "resources") : undefined;
    for (const id of [...known.keys()]) if (id.startsWith(`${apiVersion}/`)) known.delete(id);
    for (const entry of Array.isArray(resources) ? resources : []) {
      if (!isObject(entry) || typeof entry["name"] !== "string" || typeof entry["kind"] !== "string")
        continue;
      if (entry["name"].includes("/")) continue;
      known.set(`${apiVersion}/${entry["kind"]}`, {
        group,
        version,
        resource: entry["name"],
        kind: entry["kind"],
        namespaced: entry["namespaced"] === true,
      });
    }
  }

  return {
    async resolve(apiVersion, kind, fresh) {
      const id = `${apiVersion}/${kind}`;
      const found = known.get(id);
      if (found !== undefined && !fresh) return found;
      let question = asking.get(apiVersion);
      if (question === undefined) {
        question = discover(apiVersion).finally(() => asking.delete(apiVersion));
        asking.set(apiVersion, question);
      }
      await question;
      return known.get(id);
    },
  };
}
