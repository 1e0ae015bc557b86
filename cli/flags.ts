/**
 * Flags as data: one table per command gives parsing, defaults and help. Names are kube-apiserver's where it has one.
 */
import { parseArgs } from "node:util";

export interface Flag {
  readonly type: "string" | "boolean";
  readonly help: string;
  /** What the value is called in help, e.g. DIR. */
  readonly value?: string;
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly default?: string | boolean;
  /** What the text of a value means, where it is more than a text; a configuration file has it by that type. */
  readonly format?: "boolean" | "integer" | "seconds";
  readonly maximum?: number;
  /** The values there are; with `isList`, several of them separated by commas. */
  readonly oneOf?: readonly string[];
  readonly isList?: boolean;
  /** A file or folder: relative to where the command is run, or to the configuration file it stands in. */
  readonly isPath?: boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F["type"] extends "boolean"
  ? boolean
  : F["multiple"] extends true
    ? string[]
    : F["default"] extends string
      ? string
      : string | undefined;

export interface Parsed<F extends Flags> {
  readonly values: { readonly [K in keyof F]: ValueOf<F[K]> };
  readonly positionals: readonly string[];
  /** The flags that were set, here or by the configuration. */
  readonly given: ReadonlySet<string>;
}

/** Values of flags from elsewhere than the command line, by the names of the flags. */
export type Configured = ReadonlyMap<string, string | boolean | readonly string[]>;

/** A mistake in how the command was called; the message is for the person who typed it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Parses the arguments after the command's name; they win over what is configured. Throws UsageError. */
export function parseFlags<F extends Flags>(
  flags: F,
  args: readonly string[],
  configured: Configured = new Map(),
): Parsed<F> {
  try {
    const { rest, off } = withoutFalse(flags, args);
    const options = Object.fromEntries(
      Object.entries(flags).map(([name, flag]) => [
        name,
        {
          type: flag.type,
          ...(flag.short === undefined ? {} : { short: flag.short }),
          ...(flag.multiple === true ? { multiple: true } : {}),
        },
      ]),
    );
    const { values, positionals } = parseArgs({
      args: rest,
      options,
      allowPositionals: true,
      strict: true,
    });
    const given = new Set([...Object.keys(values), ...off, ...configured.keys()]);
    for (const [name, flag] of Object.entries(flags)) {
      if (off.has(name)) values[name] = false;
      const fallback = flag.type === "boolean" ? false : flag.multiple === true ? [] : undefined;
      values[name] ??=
        (configured.get(name) as string | boolean | string[] | undefined) ?? flag.default ?? fallback;
    }
    checkValues(flags, values);
    return { values: values as Parsed<F>["values"], positionals, given };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error), {
      cause: error,
    });
  }
}

/** `--flag=true` and `--flag=false`, which the parser of Node does not know; where both are given, false counts. */
function withoutFalse(flags: Flags, args: readonly string[]): { rest: string[]; off: ReadonlySet<string> } {
  const off = new Set<string>();
  const rest = args.flatMap((arg) => {
    const [, name = "", value] = /^--([a-z-]+)=(true|false)$/.exec(arg) ?? [];
    if (!Object.hasOwn(flags, name) || flags[name]?.type !== "boolean") return [arg];
    if (value === "true") return [`--${name}`];
    off.add(name);
    return [];
  });
  return { rest, off };
}

function checkValues(flags: Flags, values: Readonly<Record<string, unknown>>): void {
  for (const [name, flag] of Object.entries(flags)) {
    const value = values[name];
    if (typeof value !== "string") continue;
    const problem = problemOf(flag, value);
    if (problem !== undefined) throw new UsageError(`--${name} must be ${problem}`);
  }
}

/** What a value would have to be, where it is not. */
function problemOf({ format, oneOf, isList, maximum }: Flag, value: string): string | undefined {
  if (format === "boolean" && value !== "true" && value !== "false") return "true or false";
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (format === "integer" && !(Number.isInteger(number) && number >= 0 && number <= (maximum ?? number))) {
    return `a number from 0${maximum === undefined ? "" : ` to ${String(maximum)}`}`;
  }
  if (format === "seconds" && !(Number.isFinite(number) && number >= 0)) return "a number of seconds";
  if (oneOf === undefined) return undefined;
  if (isList === true) {
    return listOf(value).every((item) => oneOf.includes(item)) && value !== ""
      ? undefined
      : `a list of ${oneOf.join(", ")}`;
  }
  return oneOf.includes(value) ? undefined : `one of ${oneOf.join(", ")}`;
}

/** The items of a flag that is a list. */
export const listOf = (value: string): readonly string[] => value.split(",").map((item) => item.trim());

/** The flags of a command as aligned help lines. */
export function flagHelp(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const short = flag.short === undefined ? "" : `-${flag.short}, `;
    const value = flag.type === "boolean" ? "" : ` ${flag.value ?? "VALUE"}`;
    const fallback =
      typeof flag.default === "string" && flag.default !== "" ? ` (default: ${flag.default})` : "";
    return [`  ${short}--${name}${value}`, `${flag.help}${fallback}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => left.padEnd(width) + wrap(right, width)).join("\n");
}

/** Breaks a text at 100 columns; further lines start at the indent. */
function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > 100 - indent) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.join(`\n${" ".repeat(indent)}`);
}
