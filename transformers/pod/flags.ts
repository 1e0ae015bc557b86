/**
 * The command line of an engine: what the spec's fields say, then `engine.args` in the order of their names, then
 * `engine.extraArgs` as they are. A flag given in args or extraArgs takes the place of the field, which is reported.
 */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { forbidden, invalid } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { Findings } from "../findings.ts";

/** How an engine reads its command line. */
export interface Dialect {
  /** Other names of flags; short ones with their dash, long ones without. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Flags Hawsepipe decides, with the reason. */
  readonly reserved: Readonly<Record<string, string>>;
}

/** What a field of the spec comes to. */
export interface DerivedFlag {
  readonly name: string;
  readonly tokens: readonly string[];
  /** The field; absent when nobody set one. */
  readonly path?: string;
}

const at = FieldPath.of("spec", "engine");

/** The tokens, in their order. Refusals and fields without effect go to the findings. */
export function flagTokens(
  { spec }: ModelDeployment,
  dialect: Dialect,
  derived: readonly DerivedFlag[],
  findings: Findings,
): string[] {
  const { args = {}, extraArgs = [] } = spec.engine ?? {};
  const given = givenFlags(args, extraArgs, dialect, findings);
  const out: string[] = [];
  for (const { name, tokens, path } of derived) {
    const place = given.get(canonical(name, dialect));
    if (place === undefined) out.push(...tokens);
    else if (path !== undefined) findings.unsupportedField(path, `${place} takes its place`);
  }
  for (const name of Object.keys(args).sort(compareUtf8)) out.push(...tokensOf(name, args[name] ?? ""));
  return [...out, ...extraArgs];
}

/** A value that looks like a flag must stand in the same token. */
function tokensOf(name: string, value: string): string[] {
  if (value === "") return [`--${name}`];
  return value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** Engines read `_` as `-`, and `--no-x` sets what `--x` sets. */
function canonical(name: string, { aliases }: Dialect): string {
  const dashed = name.replaceAll("_", "-");
  const positive = dashed.startsWith("no-") ? dashed.slice(3) : dashed;
  return Object.hasOwn(aliases, positive) ? (aliases[positive] ?? positive) : positive;
}

/** The flag a command-line token sets, or undefined for values and positional tokens. */
function flagOf(token: string, dialect: Dialect): string | undefined {
  const [head = ""] = token.split("=", 1);
  if (head.startsWith("--")) return canonical(head.slice(2), dialect);
  const short = Object.keys(dialect.aliases).find(
    (name) =>
      name.startsWith("-") &&
      (head === name || (/^\d+$/.test(head.slice(name.length)) && head.startsWith(name))),
  );
  return short === undefined ? undefined : dialect.aliases[short];
}

/** Every flag the user gives, with the path of the first place. */
function givenFlags(
  args: Readonly<Record<string, string>>,
  extraArgs: readonly string[],
  dialect: Dialect,
  findings: Findings,
): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  const note = (flag: string, path: FieldPath, value: string, twiceIsFine: boolean): void => {
    const reason = Object.hasOwn(dialect.reserved, flag) ? dialect.reserved[flag] : undefined;
    if (reason !== undefined) findings.error(forbidden(path, reason));
    const first = given.get(flag);
    if (first === undefined) given.set(flag, path.toString());
    else if (!twiceIsFine) findings.error(invalid(path, value, `--${flag} is already set by ${first}`));
  };
  for (const name of Object.keys(args).sort(compareUtf8)) {
    note(canonical(name, dialect), at.child("args").key(name), args[name] ?? "", false);
  }
  const inArgs = new Set(given.keys());
  for (const [i, token] of extraArgs.entries()) {
    const flag = flagOf(token, dialect);
    if (flag !== undefined) note(flag, at.child("extraArgs").index(i), token, !inArgs.has(flag));
  }
  return given;
}
