/** The tokens of a label selector. `word` is everything that is no operator; keywords are told apart by context. */
export interface LabelToken {
  readonly kind: "word" | "in" | "notin" | "end" | "error" | OperatorToken;
  /** The text of the token as messages show it; empty at the end. */
  readonly text: string;
}
export type OperatorToken = "(" | ")" | "," | "!" | "=" | "==" | "!=" | ">" | "<";

const operators: ReadonlySet<string> = new Set(["(", ")", ",", "!", "=", "==", "!=", ">", "<"]);
const symbols = "=!(),><";
const spaces = " \t\r\n";

/** Splits the text of a selector; the last token is always `end`. */
export function lexLabelSelector(text: string): LabelToken[] {
  const tokens: LabelToken[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    if (spaces.includes(c)) {
      at += 1;
      continue;
    }
    // A NUL byte ends the text for apimachinery.
    if (c === "\0") break;
    const token = symbols.includes(c) ? operatorAt(text, at) : wordAt(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

interface Lexed {
  readonly token: LabelToken;
  readonly end: number;
}

function wordAt(text: string, from: number): Lexed {
  let end = from;
  while (end < text.length && !symbols.includes(text.charAt(end)) && !spaces.includes(text.charAt(end))) {
    if (text.charAt(end) === "\0") break;
    end += 1;
  }
  const word = text.slice(from, end);
  return { token: { kind: word === "in" || word === "notin" ? word : "word", text: word }, end };
}

/** The longest operator; it grows only while what has been read stays one, so `!(` is `!` and `(`. */
function operatorAt(text: string, from: number): Lexed {
  const two = text.slice(from, from + 2);
  const one = text.charAt(from);
  if (operators.has(two)) return { token: { kind: two as OperatorToken, text: two }, end: from + 2 };
  return { token: { kind: one as OperatorToken, text: one }, end: from + 1 };
}
