import type { Value } from "./value.ts";

/** Expressions as our own tree, which checker and evaluator walk; `pos` is an offset into the text. */

/** A node. */
export type Expr =
  | { readonly op: "const"; readonly value: Value; readonly pos: number }
  | { readonly op: "ident"; readonly name: string; readonly pos: number }
  | {
      readonly op: "select";
      readonly operand: Expr;
      readonly field: string;
      readonly mode: "value" | "optional" | "test";
      readonly pos: number;
    }
  | {
      readonly op: "index";
      readonly operand: Expr;
      readonly index: Expr;
      readonly optional: boolean;
      readonly pos: number;
    }
  | {
      readonly op: "call";
      readonly fn: string;
      readonly target: Expr | undefined;
      readonly args: readonly Expr[];
      readonly pos: number;
    }
  | { readonly op: "list"; readonly items: readonly Expr[]; readonly pos: number }
  | { readonly op: "map"; readonly entries: readonly (readonly [Expr, Expr])[]; readonly pos: number }
  | {
      readonly op: "cond";
      readonly test: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
      readonly pos: number;
    }
  | {
      readonly op: "and" | "or";
      readonly left: Expr;
      readonly right: Expr;
      readonly pos: number;
    }
  | Comprehension
  | {
      readonly op: "bind";
      /** plain: cel.bind; map and flatMap: over an optional. */
      readonly kind: "plain" | "optMap" | "optFlatMap";
      readonly name: string;
      readonly init: Expr;
      readonly body: Expr;
      readonly pos: number;
    };

export type ComprehensionKind =
  "all" | "exists" | "exists_one" | "map" | "filter" | "transformList" | "transformMap" | "transformMapEntry";

export interface Comprehension {
  readonly op: "comprehension";
  readonly kind: ComprehensionKind;
  readonly range: Expr;
  /** One name, or index/key and value. */
  readonly names: readonly string[];
  readonly filter: Expr | undefined;
  readonly body: Expr;
  readonly pos: number;
}

/** A mistake in the text of an expression; `pos` is an offset into it. */
export class CelSyntaxError extends Error {
  readonly pos: number;

  constructor(message: string, pos: number) {
    super(message);
    this.name = "CelSyntaxError";
    this.pos = pos;
  }
}
