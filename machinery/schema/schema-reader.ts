import type { FieldError } from "../field/error.ts";
import { forbidden, invalid, notSupported } from "../field/error.ts";
import type { FieldPath } from "../field/path.ts";
import type { JsonObject } from "../json/value.ts";
import { getKey } from "../json/value.ts";
import type { SchemaType } from "./structural.ts";

const types: readonly SchemaType[] = ["array", "boolean", "integer", "number", "object", "string"];
const unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

/** Reads typed members of one JSON object of a schema; a member of the wrong type is an error at its path. */
export class SchemaReader {
  readonly raw: JsonObject;
  readonly at: FieldPath;
  readonly errors: FieldError[];

  constructor(raw: JsonObject, at: FieldPath, errors: FieldError[]) {
    this.raw = raw;
    this.at = at;
    this.errors = errors;
  }

  #wrong(name: string, want: string): void {
    this.errors.push(invalid(this.at.child(name), getKey(this.raw, name), `must be ${want}`));
  }

  string(name: string): string | undefined {
    const value = getKey(this.raw, name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    this.#wrong(name, "a string");
    return undefined;
  }

  number(name: string): number | bigint | undefined {
    const value = getKey(this.raw, name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" || typeof value === "bigint") return value;
    this.#wrong(name, "a number");
    return undefined;
  }

  count(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined) return undefined;
    const small = Number(value);
    if (Number.isInteger(small)) return small;
    this.#wrong(name, "an integer");
    return undefined;
  }

  boolean(name: string): boolean {
    const value = getKey(this.raw, name);
    if (value === undefined || value === null || typeof value === "boolean") return value === true;
    this.#wrong(name, "a boolean");
    return false;
  }

  /** `{[as]: true}` when the member is true, else nothing: false and absent mean the same in a schema. */
  flag<K extends string>(name: string, as: K): Partial<Record<K, true>> {
    return this.boolean(name) ? ({ [as]: true } as Record<K, true>) : {};
  }

  strings<K extends string>(...names: readonly K[]): Partial<Record<K, string>> {
    const out: Partial<Record<K, string>> = {};
    for (const name of names) {
      const value = this.string(name);
      if (value !== undefined && value !== "") out[name] = value;
    }
    return out;
  }

  renamed<K extends string>(name: string, as: K): Partial<Record<K, string>> {
    const value = this.string(name);
    return value === undefined ? {} : ({ [as]: value } as Record<K, string>);
  }

  names<K extends string>(name: string, as: K): Partial<Record<K, readonly string[]>> {
    const value = getKey(this.raw, name);
    if (value === undefined || value === null) return {};
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      this.#wrong(name, "a list of strings");
      return {};
    }
    const names: readonly string[] = value;
    return names.length === 0 ? {} : ({ [as]: names } as unknown as Record<K, readonly string[]>);
  }

  choice<K extends string, V extends string>(
    name: string,
    as: K,
    allowed: readonly V[],
  ): Partial<Record<K, V>> {
    const value = this.string(name);
    if (value === undefined) return {};
    const found = allowed.find((one) => one === value);
    if (found !== undefined) return { [as]: found } as Record<K, V>;
    this.errors.push(notSupported(this.at.child(name), value, allowed));
    return {};
  }

  type(): SchemaType | undefined {
    const value = this.string("type");
    if (value === undefined || value === "") return undefined;
    const type = types.find((one) => one === value);
    if (type !== undefined) return type;
    const at = this.at.child("type");
    this.errors.push(
      value === "null"
        ? forbidden(at, "type cannot be set to null, use nullable as an alternative")
        : notSupported(at, value, types),
    );
    return undefined;
  }

  forbidUnsupported(): void {
    for (const name of unsupported) {
      const value = getKey(this.raw, name);
      if (value !== undefined && value !== null && value !== "")
        this.errors.push(forbidden(this.at.child(name), `${name} is not supported`));
    }
  }
}
