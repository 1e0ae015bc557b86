/** What a policy says of one request. */
import type { Value } from "../../../machinery/cel/value.ts";
import type { PolicyInput } from "./expressions.ts";
import { OutOfBudget, PolicyEvaluation } from "./expressions.ts";
import type { Policy, Validation } from "./policy.ts";

/** One validation that did not pass, or could not be evaluated. */
export interface Failure {
  /** Which validation of the policy. */
  readonly index: number;
  readonly message: string;
  readonly reason: string;
}

export interface PolicyResult {
  readonly failures: readonly Failure[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Audit annotations that could not be made where the failure policy is Fail: they refuse whatever the binding wants. */
  readonly annotationErrors: readonly string[];
}

const nothing: PolicyResult = { failures: [], annotations: [], annotationErrors: [] };
/** Kubernetes' cost units. */
const budget = 10_000_000;
const conditionsBudget = 2_500_000;
const longestMessage = 5 * 1024;
const longestAnnotation = 10 * 1024;

/** Evaluates a policy. Where it cannot, its failure policy decides whether that is a failure. */
export function evaluatePolicy(policy: Policy, input: PolicyInput, inConditions: PolicyInput): PolicyResult {
  const failed = (message: string): PolicyResult =>
    policy.failurePolicy === "Ignore"
      ? nothing
      : { ...nothing, failures: [{ index: 0, message, reason: "" }] };
  const matches = matchesConditions(policy, inConditions);
  if (matches instanceof Error) return failed(matches.message);
  if (!matches) return nothing;
  try {
    const evaluation = new PolicyEvaluation(policy.compiler, input, budget);
    const outcomes = policy.validations.map((validation) => ({
      validation,
      outcome: evaluation.evaluate(validation.expression),
    }));
    const messages = messagesOf(policy, evaluation);
    const failures = outcomes.flatMap(({ validation, outcome }, index): Failure[] => {
      if ("error" in outcome || messages === undefined) {
        const message =
          "error" in outcome ? outcome.error : `failed messageExpression: ${new OutOfBudget().message}`;
        return policy.failurePolicy === "Ignore" ? [] : [{ index, message, reason: "" }];
      }
      if (outcome.value === true) return [];
      return [{ index, message: messageOf(validation, messages[index]), reason: validation.reason }];
    });
    return { failures, ...annotate(policy, new PolicyEvaluation(policy.compiler, input, budget)) };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

/** False outweighs what fails; a failure counts only where the failure policy is Fail. */
function matchesConditions(policy: Policy, input: PolicyInput): boolean | Error {
  const evaluation = new PolicyEvaluation(policy.compiler, input, conditionsBudget);
  const errors: string[] = [];
  try {
    for (const condition of policy.matchConditions) {
      const outcome = evaluation.evaluate(condition);
      if ("error" in outcome) errors.push(outcome.error);
      else if (outcome.value === false) return false;
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return policy.failurePolicy === "Ignore" ? false : error;
  }
  if (errors.length === 0) return true;
  if (policy.failurePolicy === "Ignore") return false;
  return new Error(errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`);
}

/** Undefined when they cost too much together; each is undefined where there is none or it failed. */
function messagesOf(
  { validations }: Policy,
  evaluation: PolicyEvaluation,
): readonly (Value | undefined)[] | undefined {
  try {
    return validations.map(({ messageExpression }) => {
      if (messageExpression === undefined) return undefined;
      const outcome = evaluation.evaluate(messageExpression);
      return "error" in outcome ? undefined : outcome.value;
    });
  } catch (error) {
    if (error instanceof OutOfBudget) return undefined;
    throw error;
  }
}

function messageOf({ message, expression }: Validation, computed: Value | undefined): string {
  if (typeof computed === "string") {
    const text = computed.trim();
    if (text !== "" && Buffer.byteLength(text) <= longestMessage && !text.includes("\n")) return text;
  }
  return message === "" ? `failed expression: ${expression.text.trim()}` : message;
}

function annotate(
  policy: Policy,
  evaluation: PolicyEvaluation,
): Pick<PolicyResult, "annotations" | "annotationErrors"> {
  const annotations: { key: string; value: string }[] = [];
  const annotationErrors: string[] = [];
  for (const { key, expression } of policy.auditAnnotations) {
    const outcome = evaluation.evaluate(expression);
    if ("error" in outcome) {
      if (policy.failurePolicy === "Fail") annotationErrors.push(outcome.error);
      continue;
    }
    const value = typeof outcome.value === "string" ? outcome.value.trim() : "";
    if (value !== "") annotations.push({ key, value: value.slice(0, longestAnnotation) });
  }
  return { annotations, annotationErrors };
}
