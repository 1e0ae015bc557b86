import type { ConnectSubresource, ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { GroupVersionKind } from "../../api/meta/types.ts";
import type { ServedResource } from "../discovery/served.ts";
import { verbsOf } from "../discovery/served.ts";
import type { ParameterText } from "./meta-schemas.ts";
import { metaNames, queryParameters } from "./meta-schemas.ts";
import { definitionName, groupVersionPath, operationId, operationTag, withArticle } from "./names.ts";

export type Method = "get" | "put" | "post" | "delete" | "patch";

/** One operation before it is written in the form of an OpenAPI generation. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  /** `x-kubernetes-action` */
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  readonly kind: GroupVersionKind;
  /** The plain name for the description of the `name` parameter. */
  readonly title: string;
  readonly query: ReadonlyMap<string, ParameterText>;
  readonly body?: { readonly definition: string; readonly required: boolean };
  readonly consumes: readonly string[];
  /** Absent: anything. */
  readonly answer?: string;
  /** Status codes beside 200. */
  readonly alsoAnswers: readonly (201 | 202)[];
}

const bodyTypes = ["application/json", "application/yaml"];
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

const noParameters: ReadonlyMap<string, ParameterText> = new Map();

/** What an operation is about, in the words of ids and descriptions. */
interface Target {
  readonly path: string;
  readonly kind: GroupVersionKind;
  /** The definition read and written. */
  readonly definition: string;
  /** `Namespaced` or empty. */
  readonly scope: string;
  readonly title: string;
  /** Empty, `status`, `scale`. */
  readonly subresource: string;
  readonly gv: { readonly group: string; readonly version: string };
  readonly patchTypes: readonly string[];
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function make(
  target: Target,
  method: Method,
  action: string,
  words: { readonly verb: string; readonly description: string; readonly rest?: string },
): Pick<
  Operation,
  "path" | "method" | "action" | "id" | "tag" | "description" | "kind" | "title" | "consumes" | "alsoAnswers"
> {
  const { group, version } = target.gv;
  const rest = words.rest ?? `${target.scope}${target.title}${capitalized(target.subresource)}`;
  return {
    path: target.path,
    method,
    action,
    id: operationId(words.verb, group, version, rest),
    tag: operationTag(group, version),
    description: words.description,
    kind: target.kind,
    title: target.title,
    consumes: bodyTypes,
    alsoAnswers: [],
  };
}

const ofSubresource = ({ subresource }: Target): string => (subresource === "" ? "" : ` ${subresource} of`);

const list = (target: Target, id?: string): Operation => ({
  ...make(target, "get", "list", {
    verb: "list",
    description: `list objects of kind ${target.title}`,
    ...(id === undefined ? {} : { rest: id }),
  }),
  query: queryParameters("list"),
  answer: `${target.definition}List`,
});

const create = (target: Target): Operation => ({
  ...make(target, "post", "post", { verb: "create", description: `create ${withArticle(target.title)}` }),
  query: queryParameters("create"),
  body: { definition: target.definition, required: true },
  answer: target.definition,
  alsoAnswers: [201, 202],
});

const deleteCollection = (target: Target): Operation => ({
  ...make(target, "delete", "deletecollection", {
    verb: "delete",
    description: `delete collection of ${target.title}`,
    rest: `Collection${target.scope}${target.title}`,
  }),
  query: queryParameters("list"),
  answer: metaNames.status,
});

const read = (target: Target): Operation => ({
  ...make(target, "get", "get", {
    verb: "read",
    description: `read${ofSubresource(target)} the specified ${target.title}`,
  }),
  query: queryParameters("read"),
  answer: target.definition,
});

const replace = (target: Target): Operation => ({
  ...make(target, "put", "put", {
    verb: "replace",
    description: `replace${ofSubresource(target)} the specified ${target.title}`,
  }),
  query: queryParameters("replace"),
  body: { definition: target.definition, required: true },
  answer: target.definition,
  alsoAnswers: [201],
});

const patch = (target: Target): Operation => ({
  ...make(target, "patch", "patch", {
    verb: "patch",
    description: `partially update${ofSubresource(target)} the specified ${target.title}`,
  }),
  query: queryParameters("patch"),
  consumes: target.patchTypes,
  body: { definition: metaNames.patch, required: true },
  answer: target.definition,
});

const remove = (target: Target): Operation => ({
  ...make(target, "delete", "delete", {
    verb: "delete",
    description: `delete ${withArticle(target.title)}`,
  }),
  query: queryParameters("delete"),
  body: { definition: metaNames.deleteOptions, required: false },
  answer: metaNames.status,
  alsoAnswers: [202],
});

function connect(target: Target, subresource: ConnectSubresource): Operation[] {
  return subresource.verbs.map((verb) => {
    const method = verb === "get" ? "get" : "post";
    return {
      ...make({ ...target, kind: subresource.kind }, method, "connect", {
        verb: "connect",
        description: `connect ${method.toUpperCase()} requests to ${subresource.name} of ${target.title}`,
        rest: `${capitalized(method)}${target.scope}${target.title}${capitalized(subresource.name)}`,
      }),
      query: noParameters,
    };
  });
}

/** Every operation on a resource, in the order path by path. */
export function operationsOf({ definition, version }: ServedResource): Operation[] {
  const verbs = new Set(verbsOf(definition));
  const gv = { group: definition.group, version: version.name };
  const kind: GroupVersionKind = { ...gv, kind: definition.kind };
  const root = `/${groupVersionPath(gv.group, gv.version)}`;
  const base: Target = {
    path: `${root}${definition.namespaced ? "/namespaces/{namespace}" : ""}/${definition.plural}`,
    kind,
    definition: definitionName(kind),
    scope: definition.namespaced ? "Namespaced" : "",
    title: definition.kind,
    subresource: "",
    gv,
    patchTypes: patchTypesOf(definition),
  };
  const one: Target = { ...base, path: `${base.path}/{name}` };
  const everywhere: Target = { ...base, path: `${root}/${definition.plural}` };
  const when = (verb: string, ...operations: readonly Operation[]): readonly Operation[] =>
    verbs.has(verb) ? operations : [];
  const status: Target = { ...one, path: `${one.path}/status`, subresource: "status" };
  const scale: Target = {
    ...one,
    path: `${one.path}/scale`,
    subresource: "scale",
    definition: metaNames.scale,
  };
  return [
    ...(definition.namespaced ? when("list", list(everywhere, `${definition.kind}ForAllNamespaces`)) : []),
    ...when("list", list(base)),
    ...when("create", create(base)),
    ...when("deletecollection", deleteCollection(base)),
    ...when("get", read(one)),
    ...when("update", replace(one)),
    ...when("delete", remove(one)),
    ...when("patch", patch(one)),
    ...(version.status === true ? [read(status), replace(status), patch(status)] : []),
    ...(version.scale === undefined ? [] : [read(scale), replace(scale), patch(scale)]),
    ...(definition.connect ?? []).flatMap((sub) => connect({ ...one, path: `${one.path}/${sub.name}` }, sub)),
  ];
}

const patchTypesOf = (definition: ResourceDefinition): readonly string[] =>
  definition.strategicMerge === true
    ? [...patchTypes.slice(0, 2), "application/strategic-merge-patch+json", ...patchTypes.slice(2)]
    : patchTypes;
