import { quotedByte } from "./quoted-byte.ts";
import { JsonSyntaxError } from "./syntax-error.ts";
import { numberFromLiteral } from "./number.ts";
import type { JsonObject, JsonValue } from "./value.ts";

const MAX_PROBLEMS = 100;
const END = -1;

const code = (c: string): number => c.charCodeAt(0);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const insideToken = /^in literal|^in string escape|^in \\u|^in numeric|^after decimal|^in exponent/;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/** What strict decoding finds wrong with a document that can be read: a key that occurred before, or that is not known. */
export interface StrictProblem {
  readonly what: "duplicate" | "unknown";
  /** Such as `spec.items[0].q`. */
  readonly path: string;
}

/** Keys, and indices of items, from the root. */
export type JsonPath = readonly (string | number)[];

/** One pass over one document. Keeps no state between documents. */
export class JsonParser {
  /** Each once, in order of occurrence; at most 100. */
  readonly problems: StrictProblem[] = [];
  private readonly text: string;
  private readonly maxDepth: number;
  private readonly keepsLiterals: boolean;
  private readonly path: (string | number)[] = [];
  private pos = 0;
  private depth = 0;
  private tooLarge: JsonSyntaxError | undefined;
  private readonly isKnown: ((path: JsonPath) => boolean) | undefined;
  /** Within a member that is not known nothing more is found wrong. */
  private isSkipping = false;

  /** With `keepsLiterals`, scalars other than null are the text of their literal. */
  constructor(
    text: string,
    maxDepth: number,
    options: { readonly keepsLiterals?: boolean; readonly isKnown?: (path: JsonPath) => boolean } = {},
  ) {
    this.text = text.isWellFormed() ? text : text.toWellFormed();
    this.maxDepth = maxDepth;
    this.keepsLiterals = options.keepsLiterals ?? false;
    this.isKnown = options.isKnown;
  }

  document(): JsonValue {
    const value = this.value();
    if (this.skipSpace() !== END) throw this.unexpected("after top-level value");
    // Go checks the syntax of all before it reads values.
    if (this.tooLarge !== undefined) throw this.tooLarge;
    return value;
  }

  private unexpected(where: string): JsonSyntaxError {
    if (this.pos >= this.text.length) {
      // Go feeds its scanner a space at the end, which is an error of its own inside of literals and escapes.
      const message = insideToken.test(where)
        ? `invalid character ' ' ${where}`
        : "unexpected end of JSON input";
      return new JsonSyntaxError(message, this.text.length);
    }
    return new JsonSyntaxError(`invalid character ${quotedByte(this.text, this.pos)} ${where}`, this.pos);
  }

  private peek(): number {
    return this.pos < this.text.length ? this.text.charCodeAt(this.pos) : END;
  }

  private skipSpace(): number {
    for (;;) {
      const c = this.peek();
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return c;
      this.pos += 1;
    }
  }

  private value(): JsonValue {
    const c = this.skipSpace();
    const start = this.pos;
    const value = this.read(c);
    if (!this.keepsLiterals || value === null || typeof value === "object") return value;
    return this.text.slice(start, this.pos);
  }

  private read(c: number): JsonValue {
    switch (c) {
      case QUOTE:
        return this.string();
      case 0x7b:
        return this.object();
      case 0x5b:
        return this.array();
      case 0x74:
        return this.literal("true", true);
      case 0x66:
        return this.literal("false", false);
      case 0x6e:
        return this.literal("null", null);
      default:
        if (c === 0x2d || isDigit(c)) return this.number();
        throw this.unexpected("looking for beginning of value");
    }
  }

  private literal(word: string, value: JsonValue): JsonValue {
    if (this.text.startsWith(word, this.pos)) {
      this.pos += word.length;
      return value;
    }
    let i = 0;
    while (this.text[this.pos] === word[i]) {
      this.pos += 1;
      i += 1;
    }
    throw this.unexpected(`in literal ${word} (expecting '${word.charAt(i)}')`);
  }

  private enter(): void {
    this.pos += 1;
    this.depth += 1;
    if (this.depth <= this.maxDepth) return;
    const opened = this.text.charAt(this.pos - 1);
    throw new JsonSyntaxError(`invalid character '${opened}' exceeded max depth`, this.pos);
  }

  private leave(): void {
    this.pos += 1;
    this.depth -= 1;
    this.path.length = this.depth;
  }

  private object(): JsonObject {
    this.enter();
    const object: JsonObject = {};
    if (this.skipSpace() === 0x7d) {
      this.leave();
      return object;
    }
    const level = this.depth - 1;
    for (;;) {
      if (this.skipSpace() !== QUOTE) throw this.unexpected("looking for beginning of object key string");
      const key = this.string();
      if (this.skipSpace() !== 0x3a) throw this.unexpected("after object key");
      this.pos += 1;
      this.path[level] = key;
      const isDuplicate = Object.hasOwn(object, key);
      if (isDuplicate && this.isKnown === undefined) this.problem("duplicate");
      const value = this.isKnown === undefined ? this.value() : this.member(isDuplicate, this.isKnown);
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
      const next = this.skipSpace();
      if (next === 0x7d) {
        this.leave();
        return object;
      }
      if (next !== 0x2c) throw this.unexpected("after object key:value pair");
      this.pos += 1;
    }
  }

  /** The value of a key that may not be known. */
  private member(isDuplicate: boolean, isKnown: (path: JsonPath) => boolean): JsonValue {
    if (this.isSkipping || isKnown(this.path)) {
      if (isDuplicate) this.problem("duplicate");
      return this.value();
    }
    this.problem("unknown");
    this.isSkipping = true;
    const value = this.value();
    this.isSkipping = false;
    return value;
  }

  private array(): JsonValue[] {
    this.enter();
    const items: JsonValue[] = [];
    if (this.skipSpace() === 0x5d) {
      this.leave();
      return items;
    }
    const level = this.depth - 1;
    for (;;) {
      this.path[level] = items.length;
      items.push(this.value());
      const next = this.skipSpace();
      if (next === 0x5d) {
        this.leave();
        return items;
      }
      if (next !== 0x2c) throw this.unexpected("after array element");
      this.pos += 1;
    }
  }

  private problem(what: StrictProblem["what"]): void {
    if (this.isSkipping || this.problems.length >= MAX_PROBLEMS) return;
    let text = "";
    for (const part of this.path) {
      text += typeof part === "number" ? `[${String(part)}]` : text === "" ? part : `.${part}`;
    }
    if (!this.problems.some((problem) => problem.what === what && problem.path === text))
      this.problems.push({ what, path: text });
  }

  private string(): string {
    const text = this.text;
    const start = this.pos + 1;
    for (let i = start; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === QUOTE) {
        this.pos = i + 1;
        return text.slice(start, i);
      }
      if (c === BACKSLASH) return this.stringWithEscapes(start, i);
      if (c < 0x20) {
        this.pos = i;
        throw this.unexpected("in string literal");
      }
    }
    this.pos = text.length;
    throw this.unexpected("");
  }

  private stringWithEscapes(start: number, firstEscape: number): string {
    const text = this.text;
    let result = text.slice(start, firstEscape);
    let from = firstEscape;
    this.pos = firstEscape;
    for (;;) {
      const c = this.peek();
      if (c === QUOTE) {
        result += text.slice(from, this.pos);
        this.pos += 1;
        return result;
      }
      if (c === BACKSLASH) {
        result += text.slice(from, this.pos);
        this.pos += 1;
        result += this.escape();
        from = this.pos;
        continue;
      }
      if (c < 0x20) throw this.unexpected("in string literal");
      this.pos += 1;
    }
  }

  private escape(): string {
    const c = this.peek();
    const simple = simpleEscapes.get(c);
    if (simple !== undefined) {
      this.pos += 1;
      return simple;
    }
    if (c !== 0x75) throw this.unexpected("in string escape code");
    this.pos += 1;
    const unit = this.hex4();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    if (unit < 0xdc00 && this.text.startsWith("\\u", this.pos)) {
      const back = this.pos;
      this.pos += 2;
      const low = this.hex4();
      if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low);
      this.pos = back;
    }
    return "\ufffd";
  }

  private hex4(): number {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const c = this.peek();
      const digit = isDigit(c)
        ? c - 0x30
        : c >= 0x61 && c <= 0x66
          ? c - 0x57
          : c >= 0x41 && c <= 0x46
            ? c - 0x37
            : -1;
      if (digit < 0) throw this.unexpected("in \\u hexadecimal character escape");
      unit = unit * 16 + digit;
      this.pos += 1;
    }
    return unit;
  }

  private digits(where: string): void {
    if (!isDigit(this.peek())) throw this.unexpected(where);
    do this.pos += 1;
    while (isDigit(this.peek()));
  }

  private number(): number | bigint {
    const start = this.pos;
    if (this.peek() === 0x2d) this.pos += 1;
    if (this.peek() === 0x30) this.pos += 1;
    else this.digits("in numeric literal");
    if (this.peek() === 0x2e) {
      this.pos += 1;
      this.digits("after decimal point in numeric literal");
    }
    const e = this.peek();
    if (e === 0x65 || e === 0x45) {
      this.pos += 1;
      const sign = this.peek();
      if (sign === 0x2b || sign === 0x2d) this.pos += 1;
      this.digits("in exponent of numeric literal");
    }
    const literal = this.text.slice(start, this.pos);
    const value = numberFromLiteral(literal);
    if (value !== undefined) return value;
    this.tooLarge ??= new JsonSyntaxError(
      `json: cannot unmarshal number ${literal} into Go value of type float64`,
      this.pos,
    );
    return 0;
  }
}

const simpleEscapes: ReadonlyMap<number, string> = new Map([
  [QUOTE, '"'],
  [BACKSLASH, "\\"],
  [code("/"), "/"],
  [code("b"), "\b"],
  [code("f"), "\f"],
  [code("n"), "\n"],
  [code("r"), "\r"],
  [code("t"), "\t"],
]);
