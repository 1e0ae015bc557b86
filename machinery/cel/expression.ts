import { Environment } from "@marcbachmann/cel-js";
import type { Value } from "./value.ts";
import { CelUint } from "./value.ts";

import type { ComprehensionKind, Expr } from "./ast.ts";
import { CelSyntaxError } from "./ast.ts";

/**
 * CEL text to our own tree. The grammar is that of cel-js; of its nodes only operator, operands and place are used, and
 * nothing of its type checker or evaluator, which know neither Kubernetes' libraries nor a cost limit.
 */

/** Caps that bound the work of parsing and checking, whoever wrote the expression. */
export const maxExpressionLength = 16_384;
const limits = {
  maxAstNodes: 8192,
  maxDepth: 200,
  maxListElements: 2048,
  maxMapEntries: 2048,
  maxCallArguments: 64,
};

/** cel-js nodes, as far as they are used. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
}

let grammar: Environment | undefined;

/** Parses one expression; throws CelSyntaxError. */
export function parseExpression(text: string): Expr {
  if (text.length > maxExpressionLength)
    throw new CelSyntaxError(
      `expression code point size exceeds limit: size: ${String(text.length)}, limit ${String(maxExpressionLength)}`,
      0,
    );
  grammar ??= new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true, limits });
  try {
    const { ast } = grammar.parse(text) as unknown as { readonly ast: Node };
    return new Converter(text).convert(ast);
  } catch (cause) {
    if (cause instanceof CelSyntaxError) throw cause;
    if (cause instanceof RangeError) throw new CelSyntaxError("expression recursion limit exceeded: 250", 0);
    const { summary, range } = cause as { summary?: string; range?: { start: number } };
    throw new CelSyntaxError(`Syntax error: ${summary ?? String(cause)}`, range?.start ?? 0);
  }
}

const binaryNames: Readonly<Record<string, string>> = {
  "==": "_==_",
  "!=": "_!=_",
  "<": "_<_",
  "<=": "_<=_",
  ">": "_>_",
  ">=": "_>=_",
  "+": "_+_",
  "-": "_-_",
  "*": "_*_",
  "/": "_/_",
  "%": "_%_",
  in: "@in",
};

const maxInt = 2n ** 63n - 1n;

class Converter {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  convert(node: Node): Expr {
    const { pos } = node;
    switch (node.op) {
      case "value":
        return this.#literal(node);
      case "id":
        return { op: "ident", name: node.args as string, pos };
      case ".":
      case ".?": {
        const [operand, field] = node.args as [Node, string];
        const mode = node.op === "." ? "value" : "optional";
        const dot = this.#text.lastIndexOf(".", pos);
        return { op: "select", operand: this.convert(operand), field, mode, pos: dot < 0 ? pos : dot };
      }
      case "[]":
      case "[?]": {
        const [operand, index] = node.args as [Node, Node];
        const optional = node.op === "[?]";
        const open = this.#find("[", operand.end, node.end);
        return {
          op: "index",
          operand: this.convert(operand),
          index: this.convert(index),
          optional,
          pos: open,
        };
      }
      case "list":
        return { op: "list", items: (node.args as Node[]).map((item) => this.convert(item)), pos };
      case "map":
        return {
          op: "map",
          entries: (node.args as [Node, Node][]).map(([k, v]) => [this.convert(k), this.convert(v)] as const),
          pos,
        };
      case "?:": {
        const [test, then, otherwise] = node.args as [Node, Node, Node];
        return {
          op: "cond",
          test: this.convert(test),
          then: this.convert(then),
          otherwise: this.convert(otherwise),
          pos: this.#find("?", test.end, then.start),
        };
      }
      case "&&":
      case "||": {
        const [left, right] = node.args as [Node, Node];
        const at = this.#find(node.op, left.end, right.start);
        return {
          op: node.op === "&&" ? "and" : "or",
          left: this.convert(left),
          right: this.convert(right),
          pos: at,
        };
      }
      case "!_":
      case "-_":
        return this.#unary(node);
      case "call":
      case "rcall":
        return this.#call(node);
      default:
        return this.#binary(node);
    }
  }

  #find(what: string, from: number, to: number): number {
    const at = this.#text.indexOf(what, from);
    return at < 0 || at > to ? from : at;
  }

  #literal(node: Node): Expr {
    const value = node.args;
    if (typeof value === "bigint") {
      if (value > maxInt) throw new CelSyntaxError("invalid int literal", node.pos);
      return { op: "const", value, pos: node.pos };
    }
    // cel-js has a class of its own for unsigned literals, which keeps its value under valueOf.
    const isPlain = typeof value !== "object" || value === null || value instanceof Uint8Array;
    const literal = isPlain
      ? (value as Value)
      : new CelUint(BigInt((value as { valueOf(): bigint | number }).valueOf()));
    return { op: "const", value: literal, pos: node.pos };
  }

  #unary(node: Node): Expr {
    const arg = node.args as Node;
    const { pos } = node;
    if (node.op === "-_" && arg.op === "value" && typeof arg.args === "bigint" && arg.args <= maxInt + 1n)
      return { op: "const", value: -arg.args, pos };
    if (node.op === "-_" && arg.op === "value" && typeof arg.args === "number")
      return { op: "const", value: -arg.args, pos };
    return {
      op: "call",
      fn: node.op === "!_" ? "!_" : "-_",
      target: undefined,
      args: [this.convert(arg)],
      pos,
    };
  }

  #binary(node: Node): Expr {
    const fn = binaryNames[node.op];
    if (fn === undefined) throw new CelSyntaxError(`Syntax error: unsupported operator ${node.op}`, node.pos);
    const [left, right] = node.args as [Node, Node];
    const pos = this.#find(node.op, left.end, right.start);
    return { op: "call", fn, target: undefined, args: [this.convert(left), this.convert(right)], pos };
  }

  #call(node: Node): Expr {
    if (node.op === "call") {
      const [fn, args] = node.args as [string, Node[]];
      const pos = this.#find("(", node.start, node.end);
      if (fn === "has") return this.#has(args, pos);
      return { op: "call", fn, target: undefined, args: args.map((arg) => this.convert(arg)), pos };
    }
    const [fn, receiver, args] = node.args as [string, Node, Node[]];
    const pos = this.#find("(", receiver.end, node.end);
    const macro = this.#macro(fn, receiver, args, pos);
    if (macro !== undefined) return macro;
    return {
      op: "call",
      fn,
      target: this.convert(receiver),
      args: args.map((arg) => this.convert(arg)),
      pos,
    };
  }

  #has(args: readonly Node[], pos: number): Expr {
    const only = args.length === 1 && args[0] !== undefined ? this.convert(args[0]) : undefined;
    if (only?.op !== "select" || only.mode !== "value")
      throw new CelSyntaxError("invalid argument to has() macro", pos);
    return { ...only, mode: "test" };
  }

  #name(node: Node | undefined): string {
    if (node?.op === "id") return node.args as string;
    throw new CelSyntaxError("argument is not an identifier", node?.pos ?? 0);
  }

  #macro(fn: string, receiver: Node, args: readonly Node[], pos: number): Expr | undefined {
    if (fn === "bind" && receiver.op === "id" && receiver.args === "cel" && args.length === 3)
      return {
        op: "bind",
        kind: "plain",
        name: this.#name(args[0]),
        init: this.convert(args[1] as Node),
        body: this.convert(args[2] as Node),
        pos,
      };
    if ((fn === "optMap" || fn === "optFlatMap") && args.length === 2)
      return {
        op: "bind",
        kind: fn,
        name: this.#name(args[0]),
        init: this.convert(receiver),
        body: this.convert(args[1] as Node),
        pos,
      };
    const shape = comprehensionShape(fn, args.length);
    if (shape === undefined) return undefined;
    const names = args.slice(0, shape.names).map((arg) => this.#name(arg));
    const filter = shape.filter ? this.convert(args[shape.names] as Node) : undefined;
    const range = this.convert(receiver);
    return {
      op: "comprehension",
      kind: shape.kind,
      range,
      names,
      filter,
      body: this.convert(args.at(-1) as Node),
      pos,
    };
  }
}

interface Shape {
  readonly kind: ComprehensionKind;
  readonly names: number;
  readonly filter: boolean;
}

function comprehensionShape(fn: string, count: number): Shape | undefined {
  switch (fn) {
    case "all":
    case "exists":
      return count === 2 || count === 3 ? { kind: fn, names: count - 1, filter: false } : undefined;
    case "exists_one":
    case "existsOne":
      return count === 2 || count === 3 ? { kind: "exists_one", names: count - 1, filter: false } : undefined;
    case "filter":
      return count === 2 ? { kind: fn, names: 1, filter: false } : undefined;
    case "map":
      return count === 2 || count === 3 ? { kind: fn, names: 1, filter: count === 3 } : undefined;
    case "transformList":
    case "transformMap":
    case "transformMapEntry":
      return count === 3 || count === 4 ? { kind: fn, names: 2, filter: count === 4 } : undefined;
    default:
      return undefined;
  }
}
