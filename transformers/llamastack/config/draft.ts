import type { FieldError } from "../../../machinery/field/error.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../../machinery/json/value.ts";
import type { GenerationOptions } from "./options.ts";
import type { FailureReason, Unpacked } from "./result.ts";
import { SecretNames } from "./secrets.ts";
import type { Shape } from "./shape.ts";
import { apisOf, objectsOf } from "./shape.ts";

/**
 * The configuration while it is made: the steps change `config`, which nobody else sees, and note what they find.
 * A step never stops the others, so that one answer names everything that is wrong.
 */
export class Draft {
  readonly config: JsonObject;
  readonly shape: Shape;
  readonly options: GenerationOptions;
  readonly warnings: string[] = [];
  readonly errors: FieldError[] = [];
  readonly unpack: Unpacked[] = [];
  readonly secrets = new SecretNames();
  /** Provider ids the spec gives, per API and in its order. */
  readonly given = new Map<string, readonly string[]>();
  /** Ids of external providers per API whose images nobody has read. */
  readonly external = new Map<string, readonly string[]>();
  #reason: FailureReason = "ConfigGenerationFailed";

  constructor(config: JsonObject, shape: Shape, options: GenerationOptions) {
    this.config = config;
    this.shape = shape;
    this.options = options;
  }

  warn(message: string): void {
    if (!this.warnings.includes(message)) this.warnings.push(message);
  }

  error(error: FieldError, reason?: FailureReason): void {
    this.errors.push(error);
    if (reason !== undefined && this.errors.length === 1) this.#reason = reason;
  }

  /** The reason of the first error. */
  get reason(): FailureReason {
    return this.#reason;
  }

  /** A section that is an object, made when it is absent. */
  section(...path: readonly string[]): JsonObject {
    let at = this.config;
    for (const key of path) {
      const next = getKey(at, key);
      const section = isObject(next) ? next : {};
      if (section !== next) setKey(at, key, section);
      at = section;
    }
    return at;
  }

  /** The provider entries of an API. */
  providers(api: string): JsonObject[] {
    const all = getKey(this.config, "providers");
    return isObject(all) ? objectsOf(getKey(all, api)) : [];
  }

  /** The ids an API will have providers for, without the variables they may be tied to. */
  providerIds(api: string): string[] {
    const ids = this.providers(api).map((entry) => literalId(getKey(entry, "provider_id")));
    return [...new Set([...ids, ...(this.external.get(api) ?? [])])];
  }

  setProviders(api: string, entries: JsonObject[]): void {
    setKey(this.section("providers"), api, entries);
  }

  /** The registered entries of a kind, such as `models`. */
  registered(kind: string): JsonObject[] {
    const all = getKey(this.config, "registered_resources");
    return isObject(all) ? objectsOf(getKey(all, kind)) : [];
  }

  setRegistered(kind: string, entries: JsonObject[]): void {
    setKey(this.section("registered_resources"), kind, entries);
  }

  apis(): readonly string[] {
    return apisOf(this.config);
  }

  /** Adds an API to those that are served; an absent list serves all of them. */
  serve(api: string): void {
    const listed = getKey(this.config, "apis");
    if (Array.isArray(listed) && listed.length > 0 && !listed.includes(api)) listed.push(api);
  }
}

/** The text of an id, which bases may tie to a variable: `vllm` for `${env.VLLM_URL:+vllm}`. */
export function literalId(value: JsonValue | undefined): string {
  if (typeof value !== "string") return "";
  return conditional.exec(value)?.[2] ?? value;
}

/** The variable an id is tied to; undefined when it always stands. */
export function conditionOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? conditional.exec(value)?.[1] : undefined;
}

const conditional = /^\$\{env\.([A-Z0-9_]+):\+([^}]*)\}$/;
