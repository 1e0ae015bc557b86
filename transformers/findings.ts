import type { Demand } from "../api/modeldeployment/validation/ceilings.ts";
import type { FieldError } from "../machinery/field/error.ts";
import type { Rendered, UnsupportedField } from "./transformer.ts";
import type { KubeObject } from "../api/meta/types.ts";

/** What a renderer has to say beside the resources; collected while rendering. */
export class Findings {
  readonly warnings: string[] = [];
  readonly unsupported: UnsupportedField[] = [];
  readonly errors: FieldError[] = [];
  readonly demands: Demand[] = [];

  /** The field is set and has no effect. */
  unsupportedField(path: string, reason: string): void {
    this.unsupported.push({ path, reason });
  }

  /** The same for each path whose value is set. */
  unsupportedFields(values: Readonly<Record<string, unknown>>, reason: string): void {
    for (const [path, value] of Object.entries(values)) {
      if (isSet(value)) this.unsupportedField(path, reason);
    }
  }

  error(...errors: readonly FieldError[]): void {
    this.errors.push(...errors);
  }

  /** The outcome: no resources when anything was refused. What was found in each of several components is said once. */
  rendered(resources: readonly KubeObject[]): Rendered {
    const errors = unique(this.errors);
    return {
      resources: errors.length > 0 ? [] : resources,
      warnings: unique(this.warnings),
      unsupported: unique(this.unsupported),
      errors,
      ...(this.demands.length === 0 ? {} : { demands: this.demands }),
    };
  }
}

/** Without what says the same as something before. */
function unique<T>(found: readonly T[]): readonly T[] {
  if (found.length < 2) return found;
  const texts = found.map((item) => JSON.stringify(item));
  return found.filter((_, i) => texts.indexOf(texts[i] ?? "") === i);
}

/** Whether a field says something: empty texts, lists and maps do not, false and 0 do. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
