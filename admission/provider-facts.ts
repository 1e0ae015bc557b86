import type { Client } from "../cluster/client.ts";
import { transformerOf } from "../transformers/registry.ts";
import type { ProviderFacts } from "../transformers/transformer.ts";

/** What rendering for a provider needs to know of the host: the newest version of its kind that is served. */
export async function providerFacts(
  client: Client,
  provider: string | undefined,
): Promise<Partial<ProviderFacts>> {
  const transformer = transformerOf(provider);
  for (const apiVersion of transformer?.apiVersions ?? []) {
    if ((await client.resolve(apiVersion, transformer?.kind ?? "")) !== undefined) return { apiVersion };
  }
  return {};
}
