/** The options of creating, updating and patching, from the query; refused as kube-apiserver refuses them. */
import { invalid as invalidError } from "../../api/errors/catalogue.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { forbidden, invalid, notSupported, required, tooLong } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ApiRequest } from "../http/api-request.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface WriteOptions {
  readonly dryRun: boolean;
  /** What the client said, empty when nothing. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Only for patches. */
  readonly force: boolean | undefined;
  /** As admission sees them. */
  readonly asJson: JsonObject;
}

type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

/** Reads and checks the options; `isApply` tells an apply patch from the others. */
export function writeOptions(request: ApiRequest, kind: OptionsKind, isApply?: boolean): WriteOptions {
  const { query } = request;
  const dryRun = query.all("dryRun");
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  const force = query.get("force") === undefined ? undefined : query.flag("force");

  const errors: FieldError[] = [];
  if (isApply === true && fieldManager === "") {
    errors.push(required("fieldManager", "is required for apply patch"));
  }
  if (isApply === false && force !== undefined) {
    errors.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  errors.push(...validateFieldManager(fieldManager));
  errors.push(...validateDryRun(dryRun));
  errors.push(...validateFieldValidation(fieldValidation));
  if (errors.length > 0) throw invalidError({ group: "meta.k8s.io", kind }, "", errors);

  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === "Strict" || fieldValidation === "Ignore" ? fieldValidation : "Warn",
    force,
    asJson: {
      kind,
      apiVersion: "meta.k8s.io/v1",
      ...(dryRun.length > 0 ? { dryRun: [...dryRun] } : {}),
      ...(force === undefined ? {} : { force }),
      ...(fieldManager === "" ? {} : { fieldManager }),
      ...(fieldValidation === "" ? {} : { fieldValidation }),
    },
  };
}

/** Every value must be `All`. */
export function validateDryRun(values: readonly string[]): FieldError[] {
  const wrong = values.some((value) => value !== "All");
  return wrong ? [notSupported("dryRun", [...values], ["All"])] : [];
}

/** At most 128 bytes, all printable. */
export function validateFieldManager(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > 128) errors.push(tooLong("fieldManager", 128));
  let at = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      errors.push(
        invalid("fieldManager", manager, `invalid character ${unicodeName(character)} (at position ${at})`),
      );
    }
    at += 1;
  }
  return errors;
}

function validateFieldValidation(value: string): FieldError[] {
  return value === "" || value === "Ignore" || value === "Warn" || value === "Strict"
    ? []
    : [notSupported("fieldValidation", value, ["", "Ignore", "Strict", "Warn"])];
}

/** The manager of a write: what the client says, else its User-Agent up to the first slash. */
export function managerOf(request: ApiRequest, options: Pick<WriteOptions, "fieldManager">): string {
  if (options.fieldManager !== "") return options.fieldManager;
  const agent = request.header("user-agent") ?? "";
  let manager = "";
  for (const character of agent.split("/", 1)[0] ?? "") {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(manager + character) > 128) break;
    manager += character;
  }
  return manager === "" ? "unknown" : manager;
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the space. */
const isPrintable = (character: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);

const unicodeName = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
