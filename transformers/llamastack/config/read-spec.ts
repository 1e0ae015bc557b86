import type { FieldError } from "../../../machinery/field/error.ts";
import { required, typeInvalid } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../../machinery/json/value.ts";
import type { ConfigSpec } from "./input.ts";
import { externalSections, providerSections } from "../../../api/llamastackdistribution/enumerations.ts";

/**
 * Reads the spec of an object that no server has looked at: every form the API takes becomes the one the generation
 * knows (a lone provider a list, a model's name a model, a flat reference to a Secret a nested one), and what has the
 * wrong type is named instead of failing somewhere later.
 */

/** The canonical spec, of use only when there are no errors. */
export function readSpec(value: JsonValue | undefined): { spec: ConfigSpec; errors: readonly FieldError[] } {
  const reader = new Reader();
  const spec = reader.object(value ?? null, FieldPath.of("spec"), specShape);
  return { spec: spec as unknown as ConfigSpec, errors: reader.errors };
}

type Read = (reader: Reader, value: JsonValue, path: FieldPath) => JsonValue;
interface Shape {
  readonly fields: Readonly<Record<string, Read>>;
  readonly needs?: readonly string[];
}

class Reader {
  readonly errors: FieldError[] = [];

  wrong(value: JsonValue, path: FieldPath, expected: string): null {
    this.errors.push(typeInvalid(path, value, `must be ${expected}`));
    return null;
  }

  /** The known fields of an object; others are left as they are, since they do not concern the configuration. */
  object(value: JsonValue, path: FieldPath, { fields, needs = [] }: Shape): JsonObject {
    if (!isObject(value)) {
      this.wrong(value, path, "an object");
      return {};
    }
    const read: JsonObject = {};
    for (const key of Object.keys(value)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      const child = getKey(value, key) ?? null;
      if (child === null) continue;
      setKey(read, key, field === undefined ? child : field(this, child, path.child(key)));
    }
    for (const key of needs) {
      if (getKey(read, key) === undefined) this.errors.push(required(path.child(key)));
    }
    return read;
  }
}

const text: Read = (reader, value, path) =>
  typeof value === "string" ? value : reader.wrong(value, path, "a string");
const integer: Read = (reader, value, path) =>
  Number.isSafeInteger(value) ? value : reader.wrong(value, path, "an integer");
const flag: Read = (reader, value, path) =>
  typeof value === "boolean" ? value : reader.wrong(value, path, "a boolean");
const free: Read = (reader, value, path) =>
  isObject(value) ? value : reader.wrong(value, path, "an object");
const of =
  (fields: Shape["fields"], ...needs: readonly string[]): Read =>
  (reader, value, path) =>
    reader.object(value, path, { fields, needs });
const listOf =
  (item: Read): Read =>
  (reader, value, path) =>
    Array.isArray(value)
      ? value.map((entry, i) => item(reader, entry, path.index(i)))
      : reader.wrong(value, path, "a list");
const oneOrList =
  (item: Read): Read =>
  (reader, value, path) =>
    isObject(value) ? [item(reader, value, path)] : listOf(item)(reader, value, path);

const secretKey = of({ name: text, key: text }, "name", "key");
/** `{name, key}` stands for `{secretKeyRef: {name, key}}`. */
const secret: Read = (reader, value, path) => {
  if (!isObject(value) || getKey(value, "secretKeyRef") !== undefined) {
    return of({ secretKeyRef: secretKey }, "secretKeyRef")(reader, value, path);
  }
  return { secretKeyRef: secretKey(reader, value, path) };
};

const secrets: Read = (reader, value, path) => {
  if (!isObject(value)) return reader.wrong(value, path, "an object");
  const read: JsonObject = {};
  for (const key of Object.keys(value))
    setKey(read, key, secret(reader, getKey(value, key) ?? null, path.key(key)));
  return read;
};

const provider = of(
  { id: text, provider: text, endpoint: text, apiKey: secret, secretRefs: secrets, settings: free },
  "provider",
);
const model: Read = (reader, value, path) =>
  typeof value === "string"
    ? { name: value }
    : of({ name: text, provider: text, contextLength: integer, modelType: text, quantization: text }, "name")(
        reader,
        value,
        path,
      );
const external = of({ providerId: text, image: text, config: free }, "providerId", "image");

const each = (names: readonly string[], read: Read): Shape["fields"] =>
  Object.fromEntries(names.map((name) => [name, read]));

const specShape: Shape = {
  needs: ["distribution"],
  fields: {
    distribution: of({ name: text, image: text }),
    providers: of(each(providerSections, oneOrList(provider))),
    resources: of({ models: listOf(model), tools: listOf(text), shields: listOf(text) }),
    storage: of({
      kv: of({ type: text, endpoint: text, password: secret }),
      sql: of({ type: text, connectionString: secret }),
    }),
    disabled: listOf(text),
    networking: of({ port: integer, tls: of({ enabled: flag, secretName: text }) }),
    workload: of({
      workers: integer,
      storage: of({ mountPath: text }),
      overrides: of({ env: listOf(of({ name: text }, "name")) }),
    }),
    externalProviders: of(each(externalSections, listOf(external))),
    overrideConfig: of({ configMapName: text }, "configMapName"),
  },
};
