/** What is said without a cluster about LlamaStackDistributions that a server would find out by itself. */
import { readFileSync } from "node:fs";
import { readSettings } from "../../admission/llamastack/bases/settings.ts";
import { settingsName } from "../../admission/llamastack/bases/follow-settings.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import type { Base } from "../../transformers/llamastack/config/base.ts";
import { parseBase } from "../../transformers/llamastack/config/base.ts";
import type { ProviderPackage } from "../../transformers/llamastack/config/provider-package.ts";
import { parseProviderPackage } from "../../transformers/llamastack/config/provider-package.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { UsageError } from "../flags.ts";
import { readManifests } from "../manifests.ts";

/** Flags of the commands that make something of LlamaStackDistributions offline. */
export const stackFlags = {
  base: {
    type: "string",
    value: "FILE",
    help: "A config.yaml to generate from, instead of the one of the distribution, as an image with labels brings it",
  },
  "provider-package": {
    type: "string",
    value: "IMAGE=FILE",
    multiple: true,
    help: "The lls-provider-spec.yaml in the image of an external provider; may be given several times",
  },
  settings: {
    type: "string",
    value: "FILE",
    help: `A manifest with the ConfigMap ${settingsName} of a cluster, for its images and its domain`,
  },
} as const;

/** As the renderer takes it. */
export interface StackKnowledge {
  readonly resolution: Resolution;
  readonly facts: RenderFacts;
  /** Settings that have no effect. */
  readonly problems: readonly string[];
}

/** What the flags say. Throws where a file is not what it should be. */
export function stackKnowledge(values: {
  readonly base?: string | undefined;
  readonly "provider-package": readonly string[];
  readonly settings?: string | undefined;
}): StackKnowledge {
  const labelled = values.base === undefined ? undefined : baseIn(values.base);
  const packages = new Map(values["provider-package"].map(packageIn));
  const { settings, problems } = readSettings(
    values.settings === undefined ? {} : settingsIn(values.settings),
  );
  const { imageOverrides, exposeDomain } = settings;
  return {
    resolution: { imageOverrides, labelled, external: { packages, problems: new Map() } },
    facts: exposeDomain === undefined ? {} : { exposeDomain },
    problems,
  };
}

function baseIn(file: string): Base {
  const base = parseBase(readFileSync(file), file);
  if (isFailure(base)) throw new Error(base.errors.map(({ detail }) => detail).join("; "));
  return base;
}

function packageIn(text: string): [string, ProviderPackage] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--provider-package must be IMAGE=FILE, not ${JSON.stringify(text)}`);
  const file = text.slice(at + 1);
  const provided = parseProviderPackage(readFileSync(file));
  if (typeof provided === "string") throw new Error(`${file} ${provided}`);
  return [text.slice(0, at), provided];
}

function settingsIn(file: string): Record<string, string> {
  const found = readManifests([file]).find(
    ({ object }) =>
      getPath(object, "kind") === "ConfigMap" && getPath(object, "metadata", "name") === settingsName,
  );
  if (found === undefined) throw new Error(`${file} holds no ConfigMap ${settingsName}`);
  const data = getPath(found.object, "data");
  return Object.fromEntries(
    Object.entries(isObject(data) ? data : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}
