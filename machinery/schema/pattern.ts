import { RE2JS } from "re2js";

/** A compiled regular expression in RE2 syntax: linear time, so a pattern or an input can come from anybody. */
export interface Pattern {
  /** Whether the expression matches anywhere in the text. */
  matches(text: string): boolean;
  readonly error?: string;
}

const compiled = new Map<string, Pattern>();
const cacheLimit = 4096;

/** Compiles once per process and expression; an invalid expression comes back with `error` and matches nothing. */
export function compilePattern(pattern: string): Pattern {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = compile(pattern);
  if (compiled.size >= cacheLimit) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

function compile(pattern: string): Pattern {
  try {
    const re = RE2JS.compile(pattern);
    return { matches: (text) => re.test(text) };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    return { matches: () => false, error };
  }
}
