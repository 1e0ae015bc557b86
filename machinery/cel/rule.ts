import type { Structural, ValidationRule } from "../schema/structural.ts";
import { declaredType } from "./declared.ts";
import { compileFieldPath } from "./field-path.ts";
import type { Program } from "./program.ts";
import { compileProgram } from "./program.ts";
import type { CelType } from "./type.ts";
import { optionalOf } from "./type.ts";

/** One rule of a node, compiled; without program and error the rule was empty. */
export interface CompiledRule {
  readonly source: ValidationRule;
  readonly program?: Program;
  readonly error?: string;
  readonly message?: Program;
  readonly messageError?: string;
  readonly usesOldSelf: boolean;
  /** The rule's fieldPath as it is printed after the node's path. */
  readonly fieldPath?: string;
}

/** Compiles a rule for the values of a node. */
export function compileRule(source: ValidationRule, s: Structural, isResource: boolean): CompiledRule {
  if (source.rule.trim() === "") return { source, usesOldSelf: false };
  const type = declaredType(s, isResource);
  if (type === undefined)
    return { source, usesOldSelf: false, error: "failed to convert to declType for CEL validation rules" };
  const variables = new Map<string, CelType>([
    ["self", type],
    ["oldSelf", source.optionalOldSelf === true ? optionalOf(type) : type],
  ]);
  const compiled = compileProgram(source.rule, variables);
  if ("error" in compiled)
    return { source, usesOldSelf: false, error: `compilation failed: ${compiled.error}` };
  const { program } = compiled;
  const usesOldSelf = program.checked.reads.has("oldSelf");
  if (program.checked.type.kind !== "bool")
    return { source, usesOldSelf, error: "cel expression must evaluate to a bool" };
  const path = source.fieldPath === undefined ? undefined : compileFieldPath(source.fieldPath, s);
  return {
    source,
    program,
    usesOldSelf,
    ...(path !== undefined && "path" in path ? { fieldPath: path.path } : {}),
    ...compileMessage(source.messageExpression, variables),
  };
}

function compileMessage(
  text: string | undefined,
  variables: ReadonlyMap<string, CelType>,
): Pick<CompiledRule, "message" | "messageError"> {
  if (text === undefined || text === "") return {};
  const compiled = compileProgram(text, variables);
  if ("error" in compiled) return { messageError: `messageExpression compilation failed: ${compiled.error}` };
  if (compiled.program.checked.type.kind !== "string")
    return { messageError: "messageExpression must evaluate to a string" };
  return { message: compiled.program };
}
