/**
 * Proof that nothing a user can write gets lost: every leaf of the hub schema is changed, alone, in a deployment that
 * sets everything, and the outcome must show it. The same outcomes make the support matrix of the documentation.
 */
import { leafPaths } from "../../api/common/leaf-paths.ts";
import { loadSchema } from "../../api/common/load.ts";
import generated from "../../api/generated/modeldeployment.v1alpha2.json" with { type: "json" };
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, isObject } from "../../machinery/json/value.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { transformerOf } from "../registry.ts";
import { renderHash } from "../render-hash.ts";
import type { Rendered } from "../transformer.ts";
import type { Combination } from "./deployments.ts";
import { fullDeployment } from "./deployments.ts";

/** What becomes of a field: the output follows it, it is refused, it is reported, or it is lost. */
export type Outcome =
  | { readonly kind: "honoured" }
  | { readonly kind: "refused" | "unsupported"; readonly reason: string }
  | { readonly kind: "lost" };

/** Leaves that are about the deployment itself and not about what is rendered. */
export const exempt: Readonly<Record<string, string>> = {
  "spec.provider.name": "decides who renders",
  "spec.provider.failover": "decides when another provider renders",
  "spec.updatePolicy": "decides whether what is rendered may be replaced",
  "spec.autoscaling": "is refused at admission, with what to use instead",
  "spec.model.lora": "is refused at admission, with what to use instead",
  "spec.paused": "stops the reconciler, not the rendering",
};

const specSchema = (): Structural => {
  const spec = loadSchema(generated, "ModelDeployment v1alpha2").properties?.get("spec");
  if (spec === undefined) throw new Error("the schema of ModelDeployment has no spec");
  return spec;
};

/** Every leaf of the spec that a renderer must answer for. */
export const renderedLeaves = (): string[] =>
  leafPaths(specSchema(), "spec").filter((leaf) => !Object.hasOwn(exempt, leaf));

/**
 * Changes the leaf and looks what the provider makes of it, in the newest version it writes or another; in a deployment
 * that sets everything, or in another that has the leaf.
 */
export function outcomeOf(
  combination: Combination,
  leaf: string,
  version?: string,
  full = fullDeployment(combination),
): Outcome {
  const transformer = transformerOf(combination.provider);
  const apiVersion = version ?? transformer?.apiVersions[0];
  if (transformer === undefined || apiVersion === undefined) throw new Error("no such provider");
  const render = (deployment: ModelDeployment): Rendered => transformer.render(deployment, { apiVersion });
  const changed = cloneJson(full as unknown as JsonObject);
  if (!changeLeaf(changed, leaf.split("."))) throw new Error(`the full deployment does not set ${leaf}`);
  const before = render(full);
  const after = render(changed as unknown as ModelDeployment);
  const error = [...after.errors, ...before.errors].find(({ path }) => isAbout(path, leaf));
  if (error !== undefined) return { kind: "refused", reason: error.detail };
  const report = [...after.unsupported, ...before.unsupported].find(({ path }) => isAbout(path, leaf));
  if (report !== undefined) return { kind: "unsupported", reason: report.reason };
  const hasErrors = after.errors.length > 0 || before.errors.length > 0;
  return !hasErrors && renderHash(before.resources) !== renderHash(after.resources)
    ? { kind: "honoured" }
    : { kind: "lost" };
}

/** Whether a path of a finding is the leaf, contains it or stands below it. */
function isAbout(path: string, leaf: string): boolean {
  const plain = path.replace(/\[\d+\]/g, "[]").replace(/\[[^\]]+\]/g, "");
  return [plain, plain.replace(/\[\]$/, "")].some(
    (p) => p === leaf || leaf.startsWith(`${p}.`) || leaf.startsWith(`${p}[`) || p.startsWith(`${leaf}.`),
  );
}

/** Gives the leaf another value; in lists, in the first item that has it. False when nothing has it. */
function changeLeaf(at: JsonValue | undefined, [step = "", ...rest]: readonly string[]): boolean {
  if (!isObject(at)) return false;
  const isList = step.endsWith("[]");
  const key = isList ? step.slice(0, -2) : step;
  if (!Object.hasOwn(at, key)) return false;
  const value = at[key];
  if (isList) return Array.isArray(value) && value.some((item) => changeLeaf(item, rest));
  if (rest.length > 0) return changeLeaf(value, rest);
  at[key] = another(value ?? null);
  return true;
}

const enumerated: Readonly<Record<string, string>> = {
  huggingface: "custom",
  vllm: "sglang",
  llamacpp: "trtllm",
  sglang: "llamacpp",
  trtllm: "llamacpp",
  aggregated: "disaggregated",
  disaggregated: "aggregated",
  modelCache: "custom",
  ReadWriteMany: "ReadWriteOnce",
  Retain: "Delete",
  Equal: "Exists",
  NoExecute: "NoSchedule",
};

function another(value: JsonValue): JsonValue {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return enumerated[value] ?? `${value}x`;
  if (Array.isArray(value)) return [...value, "--another"];
  return { ...(value as JsonObject), another: "value" };
}
