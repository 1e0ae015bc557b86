import type { JsonValue } from "../json/value.ts";
import type { Structural } from "../schema/structural.ts";
import { declaredType } from "./declared.ts";
import { celToJson, jsonToCel } from "./json-value.ts";
import { compileProgram, perCallLimit } from "./program.ts";
import type { CelType } from "./type.ts";
import { celTypes } from "./type.ts";
import type { CelErrorCode } from "./value.ts";
import { CelError } from "./value.ts";

/** How an evaluation ended. `no-such-key` means a field the expression reads is absent, which callers may forgive. */
export type Evaluation =
  | { readonly ok: true; readonly value: JsonValue; readonly cost: number }
  | { readonly ok: false; readonly code: CelErrorCode; readonly error: string };

export interface CompiledExpression {
  /** Why the text does not compile; empty when it does. */
  readonly errors: readonly string[];
  /** The static type, e.g. `bool`; `dyn` when it is only known at run time. */
  readonly type: string;
  /** Never throws. Variables without a value count as absent; an expression that does not compile fails with `other`. */
  evaluate(variables: Readonly<Record<string, JsonValue | undefined>>): Evaluation;
}

export interface ExpressionOptions {
  /** What the expression may read, by name: a schema, or "dyn" for any JSON. */
  readonly variables: Readonly<Record<string, Structural | "dyn">>;
  /** Variables that are whole resources, whose apiVersion, kind and metadata names are visible without being declared. */
  readonly resources?: readonly string[];
  /** The type the result must have, e.g. `bool`. */
  readonly resultType?: string;
  /** In Kubernetes' cost units. */
  readonly costLimit?: number;
}

/** Compiles an expression over JSON data, such as a selection rule or a match condition. */
export function compileExpression(text: string, options: ExpressionOptions): CompiledExpression {
  const names = Object.keys(options.variables);
  const isResource = (name: string): boolean => options.resources?.includes(name) === true;
  const types = new Map<string, CelType>(
    names.map((name) => {
      const schema = options.variables[name] ?? "dyn";
      return [
        name,
        schema === "dyn" ? celTypes.dyn : (declaredType(schema, isResource(name)) ?? celTypes.dyn),
      ];
    }),
  );
  const compiled = compileProgram(text, types);
  if ("error" in compiled) return broken(compiled.error);
  const { program } = compiled;
  const { kind } = program.checked.type;
  if (options.resultType !== undefined && kind !== options.resultType && kind !== "dyn")
    return broken(`cel expression must evaluate to a ${options.resultType}`);
  const limit = options.costLimit ?? perCallLimit;
  return {
    errors: [],
    type: kind,
    evaluate(variables) {
      try {
        const values = names.map((name) => {
          const json = Object.hasOwn(variables, name) ? variables[name] : undefined;
          const schema = options.variables[name] ?? "dyn";
          return json === undefined
            ? undefined
            : jsonToCel(json, schema === "dyn" ? undefined : schema, isResource(name));
        });
        const { value, cost } = program.run(values, limit);
        if (options.resultType === "bool" && typeof value !== "boolean")
          return { ok: false, code: "no-such-overload", error: "cel expression must evaluate to a bool" };
        return { ok: true, value: celToJson(value), cost };
      } catch (cause) {
        if (cause instanceof CelError) return { ok: false, code: cause.code, error: cause.message };
        throw cause;
      }
    },
  };
}

const broken = (error: string): CompiledExpression => ({
  errors: [error],
  type: "dyn",
  evaluate: () => ({ ok: false, code: "other", error }),
});
