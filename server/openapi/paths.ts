import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, equalJson, setKey } from "../../machinery/json/value.ts";
import type { OpenApiVersion } from "./meta-schemas.ts";
import { metaDefinitions, pathParameterText, referenceTo } from "./meta-schemas.ts";
import type { Operation } from "./operations.ts";

const answerTypes = ["application/json", "application/yaml"];

interface Parameter {
  readonly name: string;
  readonly place: "path" | "query";
  readonly type: string;
  readonly description: string;
}

function parameter({ name, place, type, description }: Parameter, version: OpenApiVersion): JsonObject {
  const required: JsonObject = place === "path" ? { required: true } : {};
  const value: JsonObject = { type, uniqueItems: true };
  const head: JsonObject = { description, in: place, name, ...required };
  return version === "v2" ? { ...head, ...value } : { ...head, schema: value };
}

function sharedParameters(operation: Operation, version: OpenApiVersion): JsonObject[] {
  const parameters: Parameter[] = [];
  const inPath = (name: string, description: string): void => {
    if (!operation.path.includes(`{${name}}`)) return;
    parameters.push({ name, place: "path", type: "string", description });
  };
  inPath("name", `name of the ${operation.title}`);
  inPath("namespace", pathParameterText("namespace"));
  parameters.push({
    name: "pretty",
    place: "query",
    type: "string",
    description: pathParameterText("pretty"),
  });
  return parameters.map((one) => parameter(one, version));
}

const queryOf = (operation: Operation, version: OpenApiVersion): JsonObject[] =>
  [...operation.query].map(([name, [type, description]]) =>
    parameter({ name, place: "query", type, description }, version),
  );

const contentOf = (types: readonly string[], schema: JsonObject): JsonObject =>
  Object.fromEntries(types.map((type) => [type, { schema: cloneJson(schema) }]));

function answers(operation: Operation, version: OpenApiVersion): JsonObject {
  const schema: JsonObject =
    operation.answer === undefined ? { type: "object" } : referenceTo(operation.answer, version);
  const answer = (description: string): JsonObject =>
    version === "v2"
      ? { description, schema: cloneJson(schema) }
      : { description, content: contentOf(answerTypes, schema) };
  return {
    "200": answer("OK"),
    ...(operation.alsoAnswers.includes(201) ? { "201": answer("Created") } : {}),
    ...(operation.alsoAnswers.includes(202) ? { "202": answer("Accepted") } : {}),
    "401": { description: "Unauthorized" },
  };
}

function writeOperation(operation: Operation, version: OpenApiVersion): JsonObject {
  const common: JsonObject = {
    description: operation.description,
    operationId: operation.id,
    tags: [operation.tag],
    responses: answers(operation, version),
    "x-kubernetes-action": operation.action,
    "x-kubernetes-group-version-kind": { ...operation.kind },
  };
  const query = queryOf(operation, version);
  const { body } = operation;
  if (version === "v2") {
    const inBody: JsonObject[] =
      body === undefined
        ? []
        : [
            {
              in: "body",
              name: "body",
              ...(body.required ? { required: true } : {}),
              schema: referenceTo(body.definition, version),
            },
          ];
    const parameters = [...inBody, ...query];
    return {
      ...common,
      consumes: [...operation.consumes],
      produces: [...answerTypes],
      schemes: ["https"],
      ...(parameters.length === 0 ? {} : { parameters }),
    };
  }
  return {
    ...common,
    ...(query.length === 0 ? {} : { parameters: query }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: contentOf(operation.consumes, referenceTo(body.definition, version)),
            ...(body.required ? { required: true } : {}),
          },
        }),
  };
}

/** The `paths` member of a document. */
export function writePaths(operations: readonly Operation[], version: OpenApiVersion): JsonObject {
  const paths: JsonObject = {};
  for (const operation of operations) {
    const known = paths[operation.path];
    const path = (known ?? { parameters: sharedParameters(operation, version) }) as JsonObject;
    path[operation.method] = writeOperation(operation, version);
    setKey(paths, operation.path, path);
  }
  for (const path of Object.values(paths)) hoistParameters(path as JsonObject);
  return paths;
}

/** What every operation of a path takes is said once, at the path; there parameters are in the order of their names. */
function hoistParameters(path: JsonObject): void {
  const { parameters: shared, ...operations } = path;
  const all = Object.values(operations) as JsonObject[];
  const lists = all.map(({ parameters }) => (Array.isArray(parameters) ? parameters : []));
  const common = (lists[0] ?? []).filter(
    (one) => !isBody(one) && lists.every((list) => list.some((other) => equalJson(one, other))),
  );
  if (common.length === 0) return;
  path["parameters"] = [...(shared as JsonValue[]), ...common].sort((a, b) =>
    nameOf(a) < nameOf(b) ? -1 : 1,
  );
  all.forEach((operation, i) => {
    const own = (lists[i] ?? []).filter((one) => !common.some((other) => equalJson(one, other)));
    if (own.length > 0) operation["parameters"] = own;
    else delete operation["parameters"];
  });
}

const nameOf = (parameter: JsonValue): string => (parameter as { name: string }).name;
const isBody = (parameter: JsonValue): boolean => (parameter as JsonObject)["in"] === "body";

/** Adds the shared definitions that are referred to, directly or through others, from what is given. */
export function addReferenced(
  definitions: Map<string, JsonObject>,
  paths: JsonObject,
  version: OpenApiVersion,
): void {
  const shared = metaDefinitions(version);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key !== "$ref" || typeof child !== "string") {
        visit(child);
        continue;
      }
      const name = child.slice(child.lastIndexOf("/") + 1);
      const definition = Object.hasOwn(shared, name) ? shared[name] : undefined;
      if (definition === undefined || definitions.has(name)) continue;
      definitions.set(name, definition);
      visit(definition);
    }
  };
  visit(paths);
  for (const definition of [...definitions.values()]) visit(definition);
}
