import { badRequest } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { metaText, setMeta } from "./object-metadata.ts";
import type { Scope } from "./scope.ts";

/** The name of a body that replaces an object must be there and be that of the URL. Throws BadRequest. */
export function requireName(scope: Scope, object: JsonObject): void {
  if (metaText(object, "name") !== "") return;
  throw badRequest(
    `the name of the object (${scope.name} based on URL) was undeterminable: name must be provided`,
  );
}

/** Namespace and name of a body must be those of the URL, or absent; absent ones are filled in. Throws BadRequest. */
export function matchIdentity(scope: Scope, object: JsonObject): void {
  matchNamespace(scope, object);
  if (scope.name === "") return;
  const name = metaText(object, "name");
  if (name !== "" && name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`);
  }
  setMeta(object, "name", scope.name);
}

/** The part of the identity a new object has to match; its name is its own. Throws BadRequest. */
export function matchNamespace(scope: Scope, object: JsonObject): void {
  const namespace = metaText(object, "namespace");
  if (scope.version.resource.namespaced) {
    if (namespace !== "" && namespace !== scope.namespace) {
      throw badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      );
    }
    setMeta(object, "namespace", scope.namespace);
  } else {
    setMeta(object, "namespace", undefined);
  }
}
