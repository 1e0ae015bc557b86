import type { JsonObject } from "../../../machinery/json/value.ts";
import { isObject } from "../../../machinery/json/value.ts";
import { decodeYaml, YamlSyntaxError } from "../../../machinery/yaml/decode.ts";
import type { Failure } from "./result.ts";
import type { Shape } from "./shape.ts";
import { legacyKeysOf, shapeOf, supportedVersions, versionOf } from "./shape.ts";

/** A base configuration that was read and understood. */
export interface Base {
  readonly config: JsonObject;
  readonly version: number;
  readonly shape: Shape;
}

/** A base in an image may not be larger. */
export const maxBaseBytes = 1024 * 1024;

/** Reads a base from the bytes of a config.yaml; `origin` names it in messages. */
export function parseBase(text: string | Buffer, origin: string): Base | Failure {
  try {
    return readBase(decodeYaml(text, { maxBytes: maxBaseBytes, maxDepth: 100 }).value, origin);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    return failed(
      "ConfigGenerationFailed",
      `the base configuration of ${origin} is not YAML: ${error.message}`,
    );
  }
}

/** Reads a base that is parsed already. */
export function readBase(value: unknown, origin: string): Base | Failure {
  if (!isObject(value)) {
    return failed("ConfigGenerationFailed", `the base configuration of ${origin} is not a mapping`);
  }
  const version = versionOf(value);
  const supported = supportedVersions.join(", ");
  if (version === undefined || !supportedVersions.includes(version)) {
    const found = version === undefined ? JSON.stringify(value["version"] ?? null) : String(version);
    return failed(
      "UnsupportedConfigVersion",
      `Unsupported config.yaml version ${found} in the base configuration of ${origin}: supported versions are ${supported}`,
    );
  }
  const legacy = legacyKeysOf(value);
  if (legacy.length > 0) {
    return failed(
      "UnsupportedConfigVersion",
      `Unsupported config.yaml version ${version} layout in the base configuration of ${origin}: it has ${legacy.join(", ")} ` +
        `at the top instead of storage and registered_resources; supported versions are ${supported} in the layout of server 0.3 and later. ` +
        "Use a newer image or spec.overrideConfig",
    );
  }
  return { config: value, version, shape: shapeOf(value) };
}

const failed = (reason: Failure["reason"], detail: string): Failure => ({
  reason,
  errors: [{ type: "FieldValueInvalid", path: "spec.distribution", detail }],
  warnings: [],
});
