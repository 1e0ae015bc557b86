import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { repository } from "../../support/standalone.ts";
import type { Exchange } from "../replay/exchange.ts";

/** The samples of this repository, good and bad, each created in the namespace of the exchanges. */
export const sampleExchanges = (): readonly Exchange[] => [
  ...["dynamo", "kuberay"].flatMap(becomesReady),
  ...["samples", "invalid-samples"].flatMap(inFolder),
];

/** The providers that were not ready until now. */
const becomesReady = (provider: string): readonly Exchange[] => [
  {
    name: `${provider} is ready`,
    isSetup: true,
    patch: `inferenceproviders/${provider}/status`,
    merge: { status: { ready: true } },
    status: 200,
  },
  {
    name: `${provider} is known to be ready`,
    isSetup: true,
    post: "modeldeployments?dryRun=All",
    object: {
      name: "tried",
      spec: {
        model: { id: "a/b" },
        provider: { name: provider },
        serving: { resources: { gpu: { count: 1 } } },
      },
    },
    status: 201,
    until: 201,
  },
];

function inFolder(folder: string): Exchange[] {
  const at = path.join(repository, "manifests", folder);
  return readdirSync(at)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(path.join(at, file), "utf8")).map((document, i) =>
        exchange(`${folder}/${file}${i === 0 ? "" : ` ${String(i + 1)}`}`, document.toJS() as Sample),
      ),
    );
}

const ours: ReadonlyMap<string, string> = new Map([
  ["ModelDeployment", "modeldeployments"],
  ["LlamaStackDistribution", "llamastackdistributions"],
]);

interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
}

function exchange(name: string, { metadata, ...rest }: Sample): Exchange {
  const { namespace: _, ...own } = metadata;
  const body = { ...rest, metadata: own };
  const version = rest.apiVersion.split("/")[1] ?? "";
  const status = name.startsWith("invalid-samples/") ? 422 : 201;
  const kind = ours.get(rest.kind);
  if (kind !== undefined) return { name, post: `${version}:${kind}`, body, status };
  // What they refer to: Secrets, ConfigMaps and claims.
  const plural = `${rest.kind.toLowerCase()}s`;
  return { name, isSetup: true, post: `/api/v1/namespaces/{{ns}}/${plural}`, body, status: 201 };
}
