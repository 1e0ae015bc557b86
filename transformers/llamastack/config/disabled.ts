import { invalid, notSupported } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { apiSpellings, foldApi } from "./apis.ts";
import { dependenciesOf, resourceOf } from "./dependencies.ts";
import type { Draft } from "./draft.ts";
import type { ConfigSpec } from "./input.ts";

/** Takes the disabled APIs out, with what belongs to them; refuses when something that stays would need them. */
export function disableApis(spec: ConfigSpec, draft: Draft): void {
  const disabled = new Map<string, FieldPath>();
  (spec.disabled ?? []).forEach((name, i) => {
    const path = FieldPath.of("spec", "disabled").index(i);
    const api = foldApi(name);
    if (api === undefined) draft.error(notSupported(path, name, apiSpellings));
    else if (!isThere(api, draft))
      draft.warn(`${path.toString()}: the distribution has no ${api} API anyway`);
    else if (!disabled.has(api)) disabled.set(api, path);
  });
  if (disabled.size === 0) return;
  const kept = draft.apis().filter((api) => !disabled.has(api));
  for (const [api, path] of disabled) {
    const dependants = dependantsOf(api, kept, draft);
    if (dependants.length === 0) continue;
    const names = dependants.join(", ");
    draft.error(invalid(path, api, `${names} cannot run without it; disable ${names} too, or keep ${api}`));
  }
  draft.config["apis"] = [...kept];
  for (const api of disabled.keys()) remove(api, draft);
}

function isThere(api: string, draft: Draft): boolean {
  return draft.apis().includes(api) || draft.providers(api).length > 0;
}

/** What among the kept APIs needs this one, also by way of others. */
function dependantsOf(api: string, kept: readonly string[], draft: Draft): string[] {
  const found = new Set<string>();
  const gone = new Set([api]);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const candidate of kept) {
      if (!found.has(candidate) && dependenciesOf(candidate, draft.config).some((need) => gone.has(need))) {
        found.add(candidate);
        gone.add(candidate);
      }
    }
  }
  return [...found].sort();
}

function remove(api: string, draft: Draft): void {
  const providers = getKey(draft.config, "providers");
  if (isObject(providers)) Reflect.deleteProperty(providers, api);
  const kind = resourceOf[api];
  const registered = getKey(draft.config, "registered_resources");
  if (kind !== undefined && isObject(registered)) Reflect.deleteProperty(registered, kind);
  if (api === "safety") Reflect.deleteProperty(draft.config, "safety");
  if (api === "vector_io" || api === "inference") Reflect.deleteProperty(draft.config, "vector_stores");
}
