import { untyped } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Managed } from "./managed.ts";
import {
  decodeManaged,
  decodeManagedOrNone,
  isReset,
  ManagedFieldsError,
  nothingManaged,
} from "./managed.ts";

/** Whose claims an update starts from. Through a subresource the object's own managed fields cannot be changed. */
export function baseOfUpdate(live: JsonObject | undefined, next: JsonObject, subresource: string): Managed {
  const stored = (): Managed => decodeManagedOrNone(live) ?? nothingManaged;
  if (subresource !== "") return stored();
  if (isReset(next)) return nothingManaged;
  const given = decodeManagedOrNone(next);
  return given === undefined || given.managers.size === 0 ? stored() : given;
}

/** The claims an apply starts from, which nobody but the server writes. */
export function baseOfApply(live: JsonObject | undefined): Managed {
  try {
    return decodeManaged(live);
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error;
    throw untyped(`failed to decode managed fields: ${error.message}`, error);
  }
}

/** Whether the object was stored before: only stored objects have a uid. */
export function hasUid(object: JsonObject | undefined): boolean {
  const uid = getPath(object, "metadata", "uid");
  return typeof uid === "string" && uid !== "";
}
