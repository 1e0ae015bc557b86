import { foldApi } from "./apis.ts";
import type { ApiName } from "./apis.ts";

/**
 * `server` writes the keys the server reads; `spec` writes the literal ones of the published specification (`url`,
 * `api_key`, always `remote::`, whole lists replaced), for servers that were built against it.
 */
export type Profile = "server" | "spec";

export interface GenerationOptions {
  readonly profile: Profile;
  /** APIs whose providers replace all of the base's, instead of those with the same id. */
  readonly replace: readonly ApiName[];
}

/** What is meant without annotations. */
export const defaultOptions: GenerationOptions = { profile: "server", replace: [] };

/** `server` or `spec`. */
export const profileAnnotation = "hawsepipe.dev/config-profile";
/** Sections of spec.providers, separated by commas, that replace the base's providers. */
export const replaceAnnotation = "hawsepipe.dev/config-replace-providers";

/** The options an object's annotations choose, and what of them is not understood. */
export function generationOptions(annotations: Readonly<Record<string, string>> = {}): {
  options: GenerationOptions;
  problems: readonly string[];
} {
  const problems: string[] = [];
  const profile = annotations[profileAnnotation] ?? defaultOptions.profile;
  if (profile !== "server" && profile !== "spec") {
    problems.push(`annotation ${profileAnnotation}: ${JSON.stringify(profile)} is neither server nor spec`);
  }
  const replace: ApiName[] = [];
  for (const name of (annotations[replaceAnnotation] ?? "").split(",").map((part) => part.trim())) {
    if (name === "") continue;
    const api = foldApi(name);
    if (api === undefined)
      problems.push(`annotation ${replaceAnnotation}: ${JSON.stringify(name)} is no API`);
    else replace.push(api);
  }
  return { options: { profile: profile === "spec" ? "spec" : "server", replace }, problems };
}
