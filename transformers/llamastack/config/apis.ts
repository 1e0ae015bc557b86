import type { ExternalSection, ProviderSection } from "./input.ts";

/** The server's names of its APIs, and how the spec spells them. */

/** Every API name `spec.disabled` may hold, as the server writes it. */
export const apiNames = [
  "agents",
  "batches",
  "datasetio",
  "eval",
  "file_processors",
  "files",
  "inference",
  "post_training",
  "responses",
  "safety",
  "scoring",
  "telemetry",
  "tool_runtime",
  "vector_io",
] as const;
export type ApiName = (typeof apiNames)[number];

const byFolded: ReadonlyMap<string, ApiName> = new Map(apiNames.map((name) => [fold(name), name]));

/** `vectorIo`, `vector_io` and `vectorio` are one name. */
function fold(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** The server's name for any spelling of an API (`datasetIo`, `dataset_io`, `datasetio`); undefined for an unknown one. */
export const foldApi = (name: string): ApiName | undefined => byFolded.get(fold(name));

/** The server's name for a section of spec.providers or spec.externalProviders. */
export function apiOf(section: ProviderSection | ExternalSection): ApiName {
  const api = foldApi(section);
  if (api === undefined) throw new Error(`no API for section ${section}`);
  return api;
}

/** The APIs as the spec spells them, for messages. */
export const apiSpellings: readonly string[] = apiNames
  .map((name) =>
    name === "datasetio" ? "datasetIo" : name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  )
  .sort();
