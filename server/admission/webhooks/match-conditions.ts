import type { CompiledExpression } from "../../../machinery/cel/compile-expression.ts";
import { compileExpression } from "../../../machinery/cel/compile-expression.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";

/** A condition of a webhook, compiled. */
export interface MatchCondition {
  readonly name: string;
  readonly text: string;
  readonly expression: CompiledExpression;
}

/** What conditions may read. Absent objects are null to them. */
export interface ConditionVariables {
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  /** The AdmissionRequest without the objects. */
  readonly request: JsonObject;
}

/** Compiles a condition; one that does not compile makes an error whenever it is asked. `authorizer` is not known. */
export function compileCondition(name: string, text: string): MatchCondition {
  const expression = compileExpression(text, {
    variables: { object: "dyn", oldObject: "dyn", request: "dyn" },
    resultType: "bool",
  });
  return { name, text, expression };
}

/** Whether all conditions hold; one that is false outweighs those that fail. The failures come back as one Error. */
export function evaluateConditions(
  conditions: readonly MatchCondition[],
  { object, oldObject, request }: ConditionVariables,
): boolean | Error {
  const failures: string[] = [];
  const variables = { object: object ?? null, oldObject: oldObject ?? null, request };
  for (const { name, text, expression } of conditions) {
    const [problem] = expression.errors;
    if (problem !== undefined) {
      failures.push(`match condition ${JSON.stringify(name)} does not compile: ${problem}`);
      continue;
    }
    const result = expression.evaluate(variables);
    if (!result.ok) failures.push(`expression '${text}' resulted in error: ${result.error}`);
    else if (result.value !== true) return false;
  }
  if (failures.length === 0) return true;
  return new Error(failures.length === 1 ? failures[0] : `[${failures.join(", ")}]`);
}
