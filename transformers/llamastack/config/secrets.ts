import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid } from "../../../machinery/field/error.ts";
import type { SecretSource } from "./input.ts";
import type { SecretUse, SecretVariable } from "./result.ts";

/**
 * Secrets reach the server as environment variables, which the configuration names. The names follow from provider
 * ids and keys alone; values are never seen here.
 */

/** Provider ids may not take it: its variables are those of spec.storage. */
export const reservedId = "storage";

/** The variable for a key of a provider: only letters, digits and underscores, since the server reads no others. */
export const variableName = (...parts: readonly string[]): string =>
  ["LLSD", ...parts]
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, "_");

/** How the configuration refers to a variable. */
export const reference = (name: string): string => `\${env.${name}}`;

/** The variables handed out so far; two paths may share a name only for the same key of the same Secret. */
export class SecretNames {
  readonly #uses = new Map<string, SecretUse>();
  readonly #all: SecretUse[] = [];
  readonly errors: FieldError[] = [];

  /** Notes a use of a Secret under a variable's name and gives the reference to write. */
  use(name: string, source: SecretSource, path: string): string {
    const use = { path, name: source.secretKeyRef.name, key: source.secretKeyRef.key };
    this.#all.push(use);
    const other = this.#uses.get(name);
    if (other === undefined) this.#uses.set(name, use);
    else if (other.name !== use.name || other.key !== use.key) {
      this.errors.push(
        invalid(
          path,
          `${use.name}/${use.key}`,
          `its environment variable would be ${name}, as that of ${other.path}; rename one of the providers or keys`,
        ),
      );
    }
    return reference(name);
  }

  /** The variables by name, without those somebody else sets. */
  variables(except: ReadonlySet<string>): SecretVariable[] {
    return [...this.#uses]
      .filter(([name]) => !except.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, use]) => ({
        name,
        valueFrom: { secretKeyRef: { name: use.name, key: use.key, optional: false } },
      }));
  }

  get names(): readonly string[] {
    return [...this.#uses.keys()];
  }

  get all(): readonly SecretUse[] {
    return this.#all;
  }
}
