/**
 * The expressions of a policy: compiled once, evaluated over one request. Variables of the policy are computed when an
 * expression first reads them, and once per request; what they cost counts towards the budget of who read them.
 */
import { jsonToCel } from "../../../machinery/cel/json-value.ts";
import type { Program } from "../../../machinery/cel/program.ts";
import { CelFailure, compileProgram, perCallLimit } from "../../../machinery/cel/program.ts";
import type { CelType } from "../../../machinery/cel/type.ts";
import { celTypes, printType } from "../../../machinery/cel/type.ts";
import type { Value } from "../../../machinery/cel/value.ts";
import { CelError, CelMap } from "../../../machinery/cel/value.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { namespaceType, requestType } from "./input-types.ts";

/** An expression, or why it can never be evaluated. */
export interface PolicyExpression {
  readonly text: string;
  readonly compiled: Program | { readonly error: string };
}

/** What expressions may read. Absent objects are null to them. */
export interface PolicyInput {
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  /** The AdmissionRequest without the objects. */
  readonly request: JsonObject;
  /** Null where the write is to no namespace, and in match conditions. */
  readonly namespaceObject: JsonObject | null;
  /** Null where the binding gives none. */
  readonly params: JsonObject | null;
}

const inputs = ["object", "oldObject", "request", "namespaceObject"] as const;

const inputTypes: Readonly<Record<keyof PolicyInput, CelType>> = {
  object: celTypes.dyn,
  oldObject: celTypes.dyn,
  request: requestType,
  namespaceObject: namespaceType,
  params: celTypes.dyn,
};

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

/** Compiles the expressions of one policy, all of which see the same variables. */
export class PolicyCompiler {
  readonly #fields = new Map<string, CelType>();
  readonly #types: ReadonlyMap<string, CelType>;
  /** In their order; each sees those before it. */
  readonly variables = new Map<string, PolicyExpression>();
  /** What expressions see of the request, in the order they are compiled for. */
  readonly inputs: readonly (keyof PolicyInput)[];

  constructor(variables: readonly NamedExpression[], hasParams: boolean) {
    this.inputs = hasParams ? [...inputs, "params"] : inputs;
    this.#types = new Map<string, CelType>([
      ...this.inputs.map((name): [string, CelType] => [name, inputTypes[name]]),
      ["variables", { kind: "object", fields: this.#fields }],
    ]);
    for (const { name, expression } of variables) {
      const compiled = this.compile(expression);
      this.variables.set(name, compiled);
      this.#fields.set(name, "error" in compiled.compiled ? celTypes.dyn : compiled.compiled.checked.type);
    }
  }

  /** An expression whose type has to be one of those given; any will do when none are. */
  compile(text: string, ...wanted: readonly CelType["kind"][]): PolicyExpression {
    const compiled = compileProgram(text, this.#types);
    if ("error" in compiled) return { text, compiled: { error: `compilation failed: ${compiled.error}` } };
    const { type } = compiled.program.checked;
    if (wanted.length > 0 && !wanted.includes(type.kind)) {
      const types = wanted.map((kind) => printType({ kind }));
      const list = types.length === 1 ? (types[0] ?? "") : `one of [${types.join(" ")}]`;
      return { text, compiled: { error: `must evaluate to ${list}` } };
    }
    return { text, compiled: compiled.program };
  }
}

/** What an expression came to. */
export type Outcome = { readonly value: Value } | { readonly error: string };

/** All expressions together cost more than they may. */
export class OutOfBudget extends Error {
  override readonly name = "OutOfBudget";

  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

/** Evaluates expressions of one policy over one request, within a budget. */
export class PolicyEvaluation {
  readonly #values: readonly Value[];
  readonly #known = new Map<string, Value | CelError>();
  readonly #variables: ReadonlyMap<string, PolicyExpression>;
  #left: number;

  constructor(compiler: PolicyCompiler, input: PolicyInput, budget: number) {
    this.#variables = compiler.variables;
    this.#left = budget;
    const given = compiler.inputs.map((name) => jsonToCel(input[name] ?? null, undefined));
    this.#values = [...given, this.#lazily()];
  }

  /** Throws OutOfBudget. */
  evaluate({ text, compiled }: PolicyExpression): Outcome {
    if ("error" in compiled) return { error: `compilation error: ${compiled.error}` };
    try {
      return { value: this.#run(compiled) };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return { error: `expression '${text}' resulted in error: ${error.message}` };
    }
  }

  #run(program: Program): Value {
    try {
      const { value, cost } = program.run(this.#values, perCallLimit);
      this.#spend(cost);
      return value;
    } catch (error) {
      if (error instanceof CelFailure) this.#spend(error.cost);
      throw error;
    }
  }

  #spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) throw new OutOfBudget();
  }

  #lazily(): CelMap {
    const names = [...this.#variables.keys()];
    return new CelMap({
      size: () => names.length,
      keys: () => names,
      get: (key) => {
        if (typeof key !== "string") return undefined;
        const variable = this.#variables.get(key);
        return variable === undefined ? undefined : this.#variable(key, variable);
      },
    });
  }

  #variable(name: string, { compiled }: PolicyExpression): Value {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = this.#compute(name, compiled);
      this.#known.set(name, known);
    }
    if (known instanceof CelError) throw known;
    return known;
  }

  #compute(name: string, compiled: PolicyExpression["compiled"]): Value | CelError {
    const called = `composited variable ${JSON.stringify(name)}`;
    if ("error" in compiled) return new CelError(`${called} fails to compile: ${compiled.error}`);
    try {
      return this.#run(compiled);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return new CelError(`${called} fails to evaluate: ${error.message}`);
    }
  }
}
