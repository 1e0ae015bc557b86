/**
 * Query strings as kube-apiserver reads them: unknown names are ignored, the first of repeated values counts, `+` is a
 * space, a value with a broken escape is dropped, and `;` does not separate.
 */

/** The parameters of one request. */
export interface Query {
  /** The first value, or undefined when the name is absent. */
  get(name: string): string | undefined;
  /** All values in order. */
  all(name: string): readonly string[];
  /** Absent, `0` and `false` in any case are false; everything else, the empty string too, is true. */
  flag(name: string): boolean;
  /** The names that are present, each once. */
  names(): readonly string[];
}

const noValues: readonly string[] = [];

/** The query without parameters. */
export const emptyQuery: Query = {
  get: () => undefined,
  all: () => noValues,
  flag: () => false,
  names: () => noValues,
};

/** Parses what stands after the `?`. Never throws. */
export function parseQuery(text: string): Query {
  if (text === "") return emptyQuery;
  const values = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : unescape(pair.slice(equals + 1));
    if (name === undefined || value === undefined) continue;
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return new ParsedQuery(values);
}

/** Whether a boolean parameter's value means true. */
export function isTrue(value: string | undefined): boolean {
  if (value === undefined || value === "0") return false;
  return value.length !== 5 || value.toLowerCase() !== "false";
}

class ParsedQuery implements Query {
  readonly #values: ReadonlyMap<string, string[]>;

  constructor(values: ReadonlyMap<string, string[]>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? noValues;
  }

  flag(name: string): boolean {
    return isTrue(this.get(name));
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }
}

function unescape(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return unescapeBytes(spaced);
  }
}

/** Go unescapes bytes, so a valid escape that is no valid UTF-8 survives as U+FFFD; only a broken escape is refused. */
function unescapeBytes(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
