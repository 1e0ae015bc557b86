import type { ResourceDefinition, ResourceVersionDefinition } from "../../../api/meta/resource-definition.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";
import { FieldManager } from "../field-manager.ts";

const string: Structural = { type: "string" };
const integer: Structural = { type: "integer" };
const object = (
  properties: Readonly<Record<string, Structural>>,
  more: Partial<Structural> = {},
): Structural => ({
  type: "object",
  properties: new Map(Object.entries(properties)),
  ...more,
});

/** A schema with one field of every kind of ownership. */
export const widgetSchema = (colorField: string, atomicMap = false): Structural =>
  object({
    spec: object({
      [colorField]: string,
      replicas: integer,
      port: { intOrString: true },
      tags: { type: "array", items: string, listType: "set" },
      args: { type: "array", items: string },
      items: {
        type: "array",
        listType: "map",
        listMapKeys: ["name", "protocol"],
        items: object({ name: string, protocol: { type: "string", default: "TCP" }, value: string }),
      },
      selector: object({ app: string, tier: string }, { mapType: "atomic" }),
      labels: { type: "object", additionalProperties: string, ...(atomicMap ? { mapType: "atomic" } : {}) },
      free: { type: "object", preserveUnknownFields: true },
      template: object({ spec: object({ image: string }) }, { embeddedResource: true }),
    }),
    status: object({ replicas: integer, phase: string }),
  });

const version = (name: string, more: Partial<ResourceVersionDefinition> = {}): ResourceVersionDefinition => ({
  name,
  served: true,
  storage: name === "v1",
  schema: widgetSchema("color"),
  columns: [],
  status: true,
  scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
  ...more,
});

/** Widgets at v1 and at v2, where `spec.color` is called `spec.colour`; v0 is not served any more. */
export const widgets: ResourceDefinition = {
  group: "lab.example.com",
  kind: "Widget",
  listKind: "WidgetList",
  plural: "widgets",
  singular: "widget",
  shortNames: [],
  categories: [],
  namespaced: true,
  versions: [
    version("v1"),
    version("v2", { schema: widgetSchema("colour") }),
    version("v0", { served: false }),
  ],
  converter: {
    convert(from: JsonObject, toVersion: string): JsonObject {
      const spec = from["spec"];
      const apiVersion = `lab.example.com/${toVersion}`;
      if (!isObject(spec)) return { ...from, apiVersion };
      const { color, colour, ...others } = spec;
      const value = color ?? colour;
      const name = toVersion === "v2" ? "colour" : "color";
      return { ...from, apiVersion, spec: { ...others, ...(value === undefined ? {} : { [name]: value }) } };
    },
  },
};

/** A field manager whose clock stands until it is moved. */
export class Bench {
  seconds = 0;
  readonly manager: FieldManager;

  constructor(definition: ResourceDefinition = widgets) {
    this.manager = new FieldManager({
      definition,
      now: () => new Date(Date.UTC(2026, 0, 1) + this.seconds * 1000),
    });
  }

  /** A write that was already made, by a manager, at a version or `version/subresource`. */
  update(live: JsonObject | undefined, next: JsonObject, manager: string, at = "v1"): JsonObject {
    return this.manager.update(live, next, { manager, ...target(at) });
  }

  /** An apply; a manager that ends in `!` applies with force. */
  apply(live: JsonObject | undefined, applied: JsonObject, who: string, at = "v1"): JsonObject {
    const force = who.endsWith("!");
    const manager = force ? who.slice(0, -1) : who;
    return this.manager.apply(live, applied, { manager, force, ...target(at) });
  }
}

function target(at: string): { version: string; subresource: string | undefined } {
  const [version = "", subresource] = at.split("/");
  return { version, subresource };
}

/** A stored widget: what is given, with a name and a uid. */
export const widget = (parts: JsonObject = {}, metadata: JsonObject = {}, at = "v1"): JsonObject => ({
  apiVersion: `lab.example.com/${at}`,
  kind: "Widget",
  metadata: { name: "w", namespace: "ns", uid: "u", ...metadata },
  ...parts,
});

/** The object with a changed spec, everything else as it is. */
export const withSpec = (from: JsonObject, spec: JsonObject): JsonObject => ({
  ...from,
  spec: { ...(from["spec"] as JsonObject), ...spec },
});

/** The managed fields in one line each: `m1 Apply v1 [status] @0: {fieldsV1}`; the time in seconds since the start. */
export function entriesOf(from: JsonObject): string[] {
  const entries = getPath(from, "metadata", "managedFields");
  return (Array.isArray(entries) ? entries : []).map((entry) => line(entry as JsonObject));
}

function line(entry: JsonObject): string {
  const text = (key: string): string => (typeof entry[key] === "string" ? entry[key] : "");
  const time = text("time");
  const when = time === "" ? "" : ` @${String((Date.parse(time) - Date.UTC(2026, 0, 1)) / 1000)}`;
  const via = text("subresource") === "" ? "" : ` [${text("subresource")}]`;
  const version = text("apiVersion").replace("lab.example.com/", "");
  return `${text("manager")} ${text("operation")} ${version}${via}${when}: ${JSON.stringify(entry["fieldsV1"])}`;
}

/** What an apply of the wrong thing, or a conflicting one, is answered with. */
export function failureOf(run: () => JsonValue): {
  code: unknown;
  reason: unknown;
  message: unknown;
  details: unknown;
} {
  try {
    run();
  } catch (error) {
    const { code, reason, message, details } = error as Record<string, unknown>;
    return { code, reason, message, details };
  }
  throw new Error("did not fail");
}
