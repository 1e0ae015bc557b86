import { isFailure } from "../../transformers/llamastack/config/result.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import { renderLlamaStack } from "../../transformers/llamastack/render/render.ts";
import type { Generated } from "../../transformers/llamastack/config/result.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import type { ConfigSource } from "../../transformers/llamastack/source.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import type { OfflineResult } from "../offline.ts";
import { LlamaStackReader } from "./read.ts";

/** What a server would find out by itself, as far as somebody says it. */
export interface OfflineKnowledge {
  readonly resolution?: Resolution;
  readonly facts?: RenderFacts;
}

/** What an object becomes. */
export interface OfflineStack extends OfflineResult {
  readonly source?: ConfigSource;
  readonly image?: string;
  /** Present when a configuration was generated. */
  readonly generated?: Generated;
}

/** Checks and renders LlamaStackDistributions without a server or a cluster: nothing they refer to is looked up. */
export class OfflineLlamaStack {
  readonly #reader = new LlamaStackReader();
  readonly #knowledge: OfflineKnowledge;

  constructor(knowledge: OfflineKnowledge = {}) {
    this.#knowledge = knowledge;
  }

  /** What one object becomes; `namespace` is for one that names none. */
  run(input: JsonObject, namespace: string): OfflineStack {
    const { metadata } = input;
    const object = {
      ...input,
      metadata: isObject(metadata) ? { namespace, ...metadata } : { namespace },
    };
    const name = getPath(object, "metadata", "name");
    const what = `LlamaStackDistribution ${JSON.stringify(typeof name === "string" ? name : "")}`;
    const { distribution, errors, warnings } = this.#reader.read(object);
    if (errors.length > 0) return { what, errors, warnings, resources: [] };
    const rendered = renderLlamaStack(distribution, this.#knowledge);
    if (isFailure(rendered)) {
      return { what, errors: rendered.errors, warnings: [...warnings, ...rendered.warnings], resources: [] };
    }
    const ignored = rendered.unsupported.map(({ path, reason }) => `${path}: has no effect: ${reason}`);
    const { source, image, generated, resources } = rendered;
    return {
      what,
      errors: [],
      warnings: [...warnings, ...rendered.warnings, ...ignored],
      resources,
      ...{ source, image },
      ...(generated === undefined ? {} : { generated }),
    };
  }
}
