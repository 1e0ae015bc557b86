import { isApiError } from "../../api/errors/api-error.ts";
import { apiVersionOf } from "../../api/meta/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, isObject } from "../../machinery/json/value.ts";
import type { Transformer } from "../../transformers/transformer.ts";
import { shippedDefaultsAnnotation, withoutRemoved } from "./shipped-defaults.ts";

export const providerManager = "hawsepipe";

/** Every conflict takes at least one field away, so this bounds a loop that ends by itself. */
const maxAttempts = 32;

/**
 * Makes sure the built-in provider exists with our defaults. What an administrator has taken over stays as he set it:
 * a field that conflicts is left out and belongs to him from then on, and what he took out stays out.
 */
export async function applyProviderDefaults(
  client: Client,
  resource: ResourceRef,
  { name, defaults }: Transformer,
): Promise<void> {
  const shipped = defaults as unknown as JsonObject;
  const live = await client.get(resource, { name }).catch((error: unknown) => {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  });
  const object: KubeObject = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name, annotations: { [shippedDefaultsAnnotation]: JSON.stringify(shipped) } },
    spec: cloneJson(withoutRemoved(shipped, live)),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.apply(resource, object, { fieldManager: providerManager });
      return;
    } catch (error) {
      const fields = conflictingFields(error);
      if (fields.length === 0 || attempt === maxAttempts) throw error;
      for (const field of fields) removeField(object as unknown as JsonObject, field);
    }
  }
}

function conflictingFields(error: unknown): readonly string[] {
  if (!isApiError(error, "Conflict")) return [];
  return (error.details?.causes ?? []).flatMap(({ reason, field }) =>
    reason === "FieldManagerConflict" && field !== undefined ? [field] : [],
  );
}

/** Removes the value at a path as apply conflicts print it: `.spec.engines[name="vllm"].gpuSupport`. */
export function removeField(object: JsonObject, field: string): void {
  const steps = [...field.matchAll(/\.([^.[\]]+)|\[([^\]]*)\]/g)].map(([, name, selector]) => ({
    name,
    selector,
  }));
  const last = steps.pop();
  let at: JsonValue | undefined = object;
  for (const { name, selector } of steps) {
    at = name === undefined ? selectItem(at, selector ?? "") : isObject(at) ? getKey(at, name) : undefined;
  }
  if (last?.name !== undefined && isObject(at)) Reflect.deleteProperty(at, last.name);
  if (last?.selector !== undefined && Array.isArray(at)) {
    const item = selectItem(at, last.selector);
    const index = at.findIndex((candidate) => candidate === item);
    if (index >= 0) at.splice(index, 1);
  }
}

/** The item of a list that `name="vllm",port=80` or, in a set, `="value"` means. */
function selectItem(list: JsonValue | undefined, selector: string): JsonValue | undefined {
  if (!Array.isArray(list)) return undefined;
  const wanted = [...selector.matchAll(/([^=,]*)=("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    ([, key = "", value = ""]) => [key, JSON.parse(value) as JsonValue] as const,
  );
  return list.find((item) =>
    wanted.every(([key, value]) => (key === "" ? item : isObject(item) && getKey(item, key)) === value),
  );
}
