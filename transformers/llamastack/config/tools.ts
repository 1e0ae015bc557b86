import { required } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import { conditionOf, literalId } from "./draft.ts";
import type { ConfigSpec } from "./input.ts";
import { mergeRegistered } from "./registered.ts";
import { typeOf } from "./shape.ts";

/** Registers the spec's tools as tool groups, each with the provider that can serve it. */
export function registerTools(spec: ConfigSpec, draft: Draft): void {
  const tools = spec.resources?.tools ?? [];
  if (tools.length === 0) return;
  const path = FieldPath.of("spec", "resources", "tools");
  if (draft.providers("tool_runtime").length === 0) {
    const detail =
      "resources.tools needs at least one toolRuntime provider; add one to spec.providers.toolRuntime";
    draft.error(required(path, detail), "MissingProviderForResource");
    return;
  }
  if (!draft.shape.hasToolGroups && draft.options.profile === "server") {
    draft.warn(`${path.toString()} has no effect: the server of this distribution registers tools by itself`);
    return;
  }
  const entries: JsonObject[] = [];
  tools.forEach((tool, i) => {
    const group = tool.includes("::") ? tool : `builtin::${tool}`;
    const provider = providerFor(group, draft);
    if (provider !== undefined) entries.push({ toolgroup_id: group, provider_id: provider });
    else {
      const detail = `no toolRuntime provider is sure to run for ${group}; add one to spec.providers.toolRuntime`;
      draft.error(required(path.index(i), detail), "MissingProviderForResource");
    }
  });
  mergeRegistered("tool_groups", "toolgroup_id", entries, draft);
}

/**
 * A provider of the spec that is made for the group, the one the base registers for it, one of the base that is made
 * for it, and only then just the first: providers come in no order that says anything about groups.
 */
function providerFor(group: string, draft: Draft): string | undefined {
  const given = draft.given.get("tool_runtime") ?? [];
  if (draft.options.profile === "spec" && given.length > 0) return given[0];
  const sure = draft
    .providers("tool_runtime")
    .filter((entry) => conditionOf(getKey(entry, "provider_id")) === undefined);
  const ids = (entries: readonly JsonObject[]): string[] =>
    entries.map((entry) => literalId(getKey(entry, "provider_id")));
  const fitting = ids(sure.filter((entry) => fits(group, typeOf(entry))));
  const registered = ids(
    draft.registered("tool_groups").filter((entry) => literalId(getKey(entry, "toolgroup_id")) === group),
  ).filter((id) => ids(sure).includes(id));
  const candidates = [
    ...fitting.filter((id) => given.includes(id)),
    ...registered,
    ...fitting,
    ...given,
    ...ids(sure),
  ];
  return candidates[0];
}

function fits(group: string, type: string): boolean {
  if (group.startsWith("mcp::")) return type.endsWith("::model-context-protocol");
  if (group === "builtin::rag") return type === "inline::rag-runtime";
  if (group === "builtin::websearch") return type.endsWith("-search") && type.startsWith("remote::");
  const name = group.slice(group.indexOf("::") + 2).replaceAll("_", "-");
  return type.endsWith(`::${name}`);
}
