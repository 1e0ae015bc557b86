import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { renderLlamaStack } from "../../transformers/llamastack/render/render.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import type { OfflineResult } from "../offline.ts";
import { LlamaStackReader } from "./read.ts";

/** Checks and renders LlamaStackDistributions without a server or a cluster: nothing they refer to is looked up. */
export class OfflineLlamaStack {
  readonly #reader = new LlamaStackReader();

  /** What one object becomes; `namespace` is for one that names none. */
  run(input: JsonObject, namespace: string): OfflineResult {
    const { metadata } = input;
    const object = {
      ...input,
      metadata: isObject(metadata) ? { namespace, ...metadata } : { namespace },
    };
    const name = getPath(object, "metadata", "name");
    const what = `LlamaStackDistribution ${JSON.stringify(typeof name === "string" ? name : "")}`;
    const { distribution, errors, warnings } = this.#reader.read(object);
    if (errors.length > 0) return { what, errors, warnings, resources: [] };
    const rendered = renderLlamaStack(distribution);
    if (isFailure(rendered)) {
      return { what, errors: rendered.errors, warnings: [...warnings, ...rendered.warnings], resources: [] };
    }
    const ignored = rendered.unsupported.map(({ path, reason }) => `${path}: has no effect: ${reason}`);
    return {
      what,
      errors: [],
      warnings: [...warnings, ...rendered.warnings, ...ignored],
      resources: rendered.resources,
    };
  }
}
