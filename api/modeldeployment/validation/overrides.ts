import type { FieldError } from "../../../machinery/field/error.ts";
import { forbidden } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import type { ModelDeployment } from "../v1alpha2/types.ts";
import type { Ban } from "./override-bans.ts";
import { podTemplateBans } from "./override-bans.ts";

/** Whether the two places for free-form settings stay clear of what they must not touch. Values are never echoed. */
export function validateOverrides({ spec }: ModelDeployment, overrideBans: readonly Ban[]): FieldError[] {
  return [
    ...banned(spec.provider?.overrides, FieldPath.of("spec", "provider", "overrides"), overrideBans),
    ...banned(
      spec.workload?.podTemplate?.spec,
      FieldPath.of("spec", "workload", "podTemplate", "spec"),
      podTemplateBans,
    ),
  ];
}

function banned(value: JsonValue | undefined, at: FieldPath, bans: readonly Ban[]): FieldError[] {
  if (value === undefined) return [];
  return bans.flatMap(({ path, reason, isHarmless }) =>
    matches(value, at, { path, from: 0 })
      .filter((match) => isHarmless?.(match.value) !== true)
      .map((match) => forbidden(match.at, reason)),
  );
}

interface Match {
  readonly at: FieldPath;
  readonly value: JsonValue;
}

/** What is left of a path to follow. */
interface Pattern {
  readonly path: readonly string[];
  readonly from: number;
}

const none: readonly Match[] = [];

/** Every place where the pattern leads; a key that is set to null counts, because null removes what was rendered. */
function matches(value: JsonValue, at: FieldPath, { path, from }: Pattern): readonly Match[] {
  const step = path[from];
  if (step === undefined) return [{ at, value }];
  const rest = { path, from: from + 1 };
  if (step === "[]") {
    return Array.isArray(value) ? value.flatMap((item, i) => matches(item, at.index(i), rest)) : [];
  }
  if (!isObject(value)) return [];
  if (step !== "*" && !Object.hasOwn(value, step)) return none;
  return (step === "*" ? Object.keys(value) : [step]).flatMap((key) =>
    matches(getKey(value, key) ?? null, at.child(key), rest),
  );
}
