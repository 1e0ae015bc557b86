import { isApiError } from "../../api/errors/api-error.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { hubOf } from "./reviewed-kinds.ts";
import type { ParentRef } from "./validate.ts";

/** Reads the whole object behind a scale of one of our kinds, in the hub version. */
export const parentReader =
  (client: Client) =>
  ({ definition, namespace, name }: ParentRef): Promise<JsonObject | undefined> => {
    const { group, plural, kind, namespaced } = definition;
    const ref: ResourceRef = { group, version: hubOf(definition).name, resource: plural, kind, namespaced };
    return unlessMissing(async () => asJson(await client.get(ref, { namespace, name })));
  };

/** What a read answers, or undefined where there is nothing to read. */
export async function unlessMissing(read: () => Promise<JsonObject>): Promise<JsonObject | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  }
}
