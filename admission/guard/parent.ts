import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { unlessMissing } from "../review/parent.ts";
import type { ScaledObject } from "./guard.ts";

/** Reads the metadata of a guarded object behind a scale; all guarded kinds are namespaced. */
export const parentMetadataReader =
  (client: Client) =>
  ({ resource, namespace, name }: ScaledObject): Promise<JsonObject | undefined> => {
    const ref: ResourceRef = { ...resource, kind: "PartialObjectMetadata", namespaced: true };
    return unlessMissing(async () => asJson(await client.getMetadata(ref, { namespace, name })));
  };
