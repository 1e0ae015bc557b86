import { FieldPath } from "../../../machinery/field/path.ts";
import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid } from "../../../machinery/field/error.ts";
import type { ModelDeployment } from "../v1alpha2/types.ts";

const flagName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Flags must be named without dashes, and none may come from args and extraArgs at the same time. */
export function validateArguments({ spec }: ModelDeployment): FieldError[] {
  const at = FieldPath.of("spec", "engine");
  const args = spec.engine?.args ?? {};
  const errors = Object.keys(args)
    .filter((name) => !flagName.test(name))
    .map((name) =>
      invalid(
        at.child("args").key(name),
        name,
        "must be the name of a flag without leading dashes, such as max-num-seqs",
      ),
    );
  for (const [i, token] of (spec.engine?.extraArgs ?? []).entries()) {
    const name = longFlag(token);
    if (name === undefined || !Object.hasOwn(args, name)) continue;
    errors.push(
      invalid(at.child("extraArgs").index(i), token, `--${name} is already set by spec.engine.args[${name}]`),
    );
  }
  return errors;
}

/** The name in `--name` or `--name=value`; single dashes and positional tokens have none. */
const longFlag = (token: string): string | undefined => /^--([^=]+)/.exec(token)?.[1];
