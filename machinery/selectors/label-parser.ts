import { invalid, printFieldError } from "../field/error.ts";
import { qualifiedName } from "../names/names.ts";
import type { LabelToken } from "./label-lexer.ts";
import { lexLabelSelector } from "./label-lexer.ts";
import type { LabelOperator, LabelRequirement } from "./requirement.ts";
import { makeRequirement } from "./requirement.ts";
import { SelectorError } from "./selector-error.ts";

const END: LabelToken = { kind: "end", text: "" };

/** Reads the tokens of one selector from left to right. */
class Tokens {
  private readonly tokens: readonly LabelToken[];
  private at = 0;

  constructor(text: string) {
    this.tokens = lexLabelSelector(text);
  }

  /** The next token; where a value may stand, the keywords `in` and `notin` are words. */
  peek(): LabelToken {
    const token = this.tokens[this.at] ?? END;
    return token.kind === "in" || token.kind === "notin" ? { kind: "word", text: token.text } : token;
  }

  next(): LabelToken {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  nextOperator(): LabelToken {
    const token = this.tokens[this.at] ?? END;
    this.at += 1;
    return token;
  }
}

/** The requirements of a selector in the order written. Throws SelectorError. */
export function parseRequirements(text: string): LabelRequirement[] {
  const tokens = new Tokens(text);
  const requirements: LabelRequirement[] = [];
  for (;;) {
    const first = tokens.peek();
    if (first.kind === "end") return requirements;
    if (first.kind !== "word" && first.kind !== "!") {
      throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const after = tokens.next();
    if (after.kind === "end") return requirements;
    if (after.kind !== ",") {
      throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
    }
    const following = tokens.peek();
    if (following.kind !== "word" && following.kind !== "!") {
      throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
    }
  }
}

const inRequirement = (problem: string): SelectorError =>
  new SelectorError(`unable to parse requirement: ${problem}`);

function parseRequirement(tokens: Tokens): LabelRequirement {
  const negated = tokens.peek().kind === "!";
  if (negated) tokens.next();
  const key = tokens.next();
  if (key.kind !== "word") throw inRequirement(`found '${key.text}', expected: identifier`);
  const problems = qualifiedName(key.text);
  if (problems.length > 0) {
    throw inRequirement(printFieldError(invalid("<nil>", key.text, problems.join("; "))));
  }
  if (negated) return checked(key.text, "!", []);
  const after = tokens.peek().kind;
  if (after === "end" || after === ",") return checked(key.text, "exists", []);
  const operator = parseOperator(tokens);
  const values = operator === "in" || operator === "notin" ? parseValues(tokens) : parseExactValue(tokens);
  return checked(key.text, operator, values);
}

function checked(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  try {
    return makeRequirement(key, operator, values);
  } catch (error) {
    if (error instanceof SelectorError) throw inRequirement(error.message);
    throw error;
  }
}

const binary: ReadonlyMap<string, LabelOperator> = new Map<string, LabelOperator>([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

function parseOperator(tokens: Tokens): LabelOperator {
  const token = tokens.nextOperator();
  const operator = binary.get(token.kind);
  if (operator !== undefined) return operator;
  throw inRequirement(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
}

function parseExactValue(tokens: Tokens): string[] {
  const token = tokens.peek();
  if (token.kind === "end" || token.kind === ",") return [""];
  if (token.kind !== "word") throw inRequirement(`found '${token.text}', expected: identifier`);
  return [tokens.next().text];
}

/** `(a,b)`; an empty place, as in `()` or `(a,)`, is the empty value. */
function parseValues(tokens: Tokens): string[] {
  const open = tokens.next();
  if (open.kind !== "(") throw inRequirement(`found '${open.text}' expected: '('`);
  const first = tokens.peek();
  if (first.kind === ")") {
    tokens.next();
    return [""];
  }
  if (first.kind !== "word" && first.kind !== ",") {
    throw inRequirement(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  return parseList(tokens);
}

function parseList(tokens: Tokens): string[] {
  const values: string[] = [];
  for (;;) {
    const token = tokens.next();
    if (token.kind === "word") {
      values.push(token.text);
      const after = tokens.peek();
      if (after.kind === ")") {
        tokens.next();
        return values;
      }
      if (after.kind !== ",") throw inRequirement(`found '${after.text}', expected: ',' or ')'`);
    } else if (token.kind === ",") {
      const after = tokens.peek().kind;
      if (values.length === 0 || after === "," || after === ")") values.push("");
      if (after === ")") {
        tokens.next();
        return values;
      }
    } else {
      throw inRequirement(`found '${token.text}', expected: ',', or identifier`);
    }
  }
}
