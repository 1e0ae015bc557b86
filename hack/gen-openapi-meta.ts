/**
 * Extracts what every Kubernetes OpenAPI document shares (object metadata, Status, options, Scale, the texts of query
 * parameters) from the documents published with Kubernetes:
 *
 *     node hack/gen-openapi-meta.ts <kubernetes>/api/openapi-spec
 *     npm run prettier -- --write server/openapi/generated
 *
 * The texts are taken as they are: kube-apiserver's aggregator renames definitions that differ from its own.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonMap = Record<string, Json>;

const roots = [
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
  "io.k8s.api.autoscaling.v1.Scale",
];

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: gen-openapi-meta.ts <kubernetes>/api/openapi-spec");
  process.exit(2);
}

const read = (name: string): JsonMap => JSON.parse(readFileSync(join(folder, name), "utf8")) as JsonMap;
const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined => {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || Array.isArray(here)) return undefined;
    here = here[key];
  }
  return here;
};

function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "$ref" && typeof child === "string"
      ? [child.slice(child.lastIndexOf("/") + 1)]
      : references(child),
  );
}

function closure(definitions: JsonMap): JsonMap {
  const found = new Map<string, Json>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`no definition ${name}`);
    found.set(name, definition);
    references(definition).forEach(visit);
  };
  roots.forEach(visit);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const swagger = read("swagger.json");
const apps = read("v3/apis__apps__v1_openapi.json");
const collection = at(apps, "paths", "/apis/apps/v1/namespaces/{namespace}/deployments") as JsonMap;
const single = at(apps, "paths", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}") as JsonMap;

// In the form { name: [type, description] }; place and requiredness follow from where a parameter is used.
const parameters = (operation: Json | undefined): JsonMap =>
  Object.fromEntries(
    ((at(operation, "parameters") as JsonMap[] | undefined) ?? []).map((parameter) => [
      parameter["name"] as string,
      [at(parameter, "schema", "type") ?? "string", parameter["description"] ?? ""],
    ]),
  );

const deployment = at(swagger, "definitions", "io.k8s.api.apps.v1.Deployment", "properties");
const podList = at(swagger, "definitions", "io.k8s.api.core.v1.PodList", "properties");
const list = parameters(collection["get"]);
const meta = {
  v2: closure(swagger["definitions"] as JsonMap),
  v3: closure(at(apps, "components", "schemas") as JsonMap),
  texts: {
    apiVersion: at(deployment, "apiVersion", "description") ?? "",
    kind: at(deployment, "kind", "description") ?? "",
    metadata: at(deployment, "metadata", "description") ?? "",
    listMetadata: at(podList, "metadata", "description") ?? "",
  },
  parameters: {
    path: parameters(single),
    read: { resourceVersion: list["resourceVersion"] ?? null },
    list,
    create: parameters(collection["post"]),
    replace: parameters(single["put"]),
    patch: parameters(single["patch"]),
    delete: parameters(single["delete"]),
  },
};
const target = join(import.meta.dirname, "..", "server", "openapi", "generated", "meta-v1.json");
writeFileSync(target, `${JSON.stringify(meta, null, 1)}\n`);
