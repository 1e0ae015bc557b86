import type { JsonObject } from "../../machinery/json/value.ts";
import generated from "./generated/meta-v1.json" with { type: "json" };

/** Which of the two OpenAPI generations a document belongs to. */
export type OpenApiVersion = "v2" | "v3";

/** Type and description of a query or path parameter. */
export type ParameterText = readonly [type: string, description: string];

const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** The names of the definitions all kinds share. */
export const metaNames = {
  objectMeta: `${metaPrefix}ObjectMeta`,
  listMeta: `${metaPrefix}ListMeta`,
  status: `${metaPrefix}Status`,
  deleteOptions: `${metaPrefix}DeleteOptions`,
  patch: `${metaPrefix}Patch`,
  scale: "io.k8s.api.autoscaling.v1.Scale",
} as const;

/** The shared definitions by name, word for word those of Kubernetes 1.35. Not to be changed. */
export const metaDefinitions = (version: OpenApiVersion): Readonly<Record<string, JsonObject>> =>
  generated[version];

/** The standard texts of apiVersion, kind and metadata. */
export const metaTexts = generated.texts;

/** The query parameters of each kind of operation, in alphabetical order. */
export function queryParameters(
  operation: Exclude<keyof typeof generated.parameters, "path">,
): ReadonlyMap<string, ParameterText> {
  return new Map(Object.entries(generated.parameters[operation])) as unknown as ReadonlyMap<
    string,
    ParameterText
  >;
}

/** The description of `pretty` and `namespace`, which stand at the path. */
export const pathParameterText = (name: "namespace" | "pretty"): string =>
  generated.parameters.path[name][1] ?? "";

/** A reference to a definition in the form of the document. */
export const referenceTo = (name: string, version: OpenApiVersion): JsonObject => ({
  $ref: version === "v2" ? `#/definitions/${name}` : `#/components/schemas/${name}`,
});
