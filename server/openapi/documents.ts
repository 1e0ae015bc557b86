import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ServedResource } from "../discovery/served.ts";
import { kindDefinitions } from "./kind-schemas.ts";
import type { OpenApiVersion } from "./meta-schemas.ts";
import { operationsOf } from "./operations.ts";
import { addReferenced, writePaths } from "./paths.ts";
import { shareParameters } from "./shared-parameters.ts";

/** What documents say about the server as a whole. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
}

function parts(
  resources: readonly ServedResource[],
  version: OpenApiVersion,
): { readonly paths: JsonObject; readonly definitions: JsonObject } {
  const definitions = new Map(resources.flatMap((served) => [...kindDefinitions(served, version)]));
  const paths = writePaths(resources.flatMap(operationsOf), version);
  addReferenced(definitions, paths, version);
  return { paths, definitions: Object.fromEntries(definitions) };
}

/** What kube-apiserver says of every group and version that CustomResourceDefinitions make. */
const ofGroupVersion: ApiInfo = { title: "Kubernetes CRD Swagger", version: "v0.1.0" };

/** The OpenAPI 3.0 document of the resources of one group and version, as bytes. */
export function openApiV3(resources: readonly ServedResource[]): Buffer {
  const { paths, definitions } = parts(resources, "v3");
  return Buffer.from(
    encodeJson({
      openapi: "3.0.0",
      info: { ...ofGroupVersion },
      paths,
      components: { schemas: definitions },
    }),
  );
}

/** The Swagger 2.0 document of all resources, as bytes. */
export function openApiV2(resources: readonly ServedResource[], info: ApiInfo): Buffer {
  const { paths, definitions } = parts(resources, "v2");
  const parameters = shareParameters(paths);
  return Buffer.from(encodeJson({ swagger: "2.0", info: { ...info }, paths, definitions, parameters }));
}
