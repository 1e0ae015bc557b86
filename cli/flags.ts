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
}

/** A mistake in how the command was called; the message is for the person who typed it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Parses the arguments after the command's name. Throws UsageError. */
export function parseFlags<F extends Flags>(flags: F, args: readonly string[]): Parsed<F> {
  try {
    const options = Object.fromEntries(
      Object.entries(flags).map(([name, flag]) => [
        name,
        {
          type: flag.type,
          ...(flag.short === undefined ? {} : { short: flag.short }),
          ...(flag.multiple === true ? { multiple: true, default: [] } : {}),
          ...(flag.default === undefined ? {} : { default: flag.default }),
        },
      ]),
    );
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    for (const [name, flag] of Object.entries(flags)) {
      if (flag.type === "boolean") values[name] ??= false;
    }
    return { values: values as Parsed<F>["values"], positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error), {
      cause: error,
    });
  }
}

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
