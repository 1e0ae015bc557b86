import { badRequest, invalid } from "../../../api/errors/catalogue.ts";
import type { UserInfo } from "../../../api/meta/user.ts";
import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid as invalidField } from "../../../machinery/field/error.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import type { AuthorizationAttributes, Authorizer } from "../authorizer.ts";
import { accessReviewSchema, selfAccessReviewSchema } from "./access-schema.ts";
import type { ReviewKind } from "./review-kind.ts";
import { reviewDefinition } from "./review-kind.ts";

const group = "authorization.k8s.io";

const asText = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const asTexts = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

function attributesOf(spec: JsonObject, user: UserInfo): AuthorizationAttributes {
  const of = (part: string, name: string): string => asText(getPath(spec, part, name));
  if (!isObject(getKey(spec, "resourceAttributes"))) {
    return {
      user,
      verb: of("nonResourceAttributes", "verb"),
      isResourceRequest: false,
      group: "",
      version: "",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
      path: of("nonResourceAttributes", "path"),
    };
  }
  const version = of("resourceAttributes", "version");
  return {
    user,
    verb: of("resourceAttributes", "verb"),
    isResourceRequest: true,
    group: of("resourceAttributes", "group"),
    version: version === "" ? "*" : version,
    resource: of("resourceAttributes", "resource"),
    subresource: of("resourceAttributes", "subresource"),
    namespace: of("resourceAttributes", "namespace"),
    name: of("resourceAttributes", "name"),
    path: "",
  };
}

function subjectOf(spec: JsonObject): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  const given = getKey(spec, "extra");
  if (isObject(given)) {
    for (const [key, value] of Object.entries(given)) {
      Object.defineProperty(extra, key, { value: asTexts(value), enumerable: true });
    }
  }
  const uid = asText(getKey(spec, "uid"));
  return {
    name: asText(getKey(spec, "user")),
    ...(uid === "" ? {} : { uid }),
    groups: asTexts(getKey(spec, "groups")),
    extra,
  };
}

function validateSpec(spec: JsonObject): FieldError[] {
  const resource = getKey(spec, "resourceAttributes");
  const other = getKey(spec, "nonResourceAttributes");
  if (isObject(resource) && isObject(other)) {
    const why = "cannot be specified in combination with resourceAttributes";
    return [invalidField("spec.nonResourceAttributes", other, why)];
  }
  if (isObject(resource) || isObject(other)) return [];
  const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  return [invalidField("spec.resourceAttributes", null, why)];
}

function validateMetadata(object: JsonObject, isNamespaceAllowed: boolean): FieldError[] {
  const metadata = getKey(object, "metadata");
  if (!isObject(metadata)) return [];
  const ignored = new Set([
    "managedFields",
    "creationTimestamp",
    ...(isNamespaceAllowed ? ["namespace"] : []),
  ]);
  if (Object.keys(metadata).every((key) => ignored.has(key))) return [];
  const why = isNamespaceAllowed ? "must be empty except for namespace" : "must be empty";
  return [invalidField("metadata", metadata, why)];
}

const specOf = (object: JsonObject): JsonObject => {
  const spec = getKey(object, "spec");
  return isObject(spec) ? spec : {};
};

async function answer(object: JsonObject, user: UserInfo, authorizer: Authorizer): Promise<JsonObject> {
  const decision = await authorizer.authorize(attributesOf(specOf(object), user));
  return {
    ...object,
    status: {
      allowed: decision.decision === "Allow",
      ...(decision.decision === "Deny" ? { denied: true } : {}),
      ...(decision.reason === "" ? {} : { reason: decision.reason }),
    },
  };
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group, kind }, "", errors);
}

/** "May I?": what `kubectl auth can-i` asks. */
export function selfSubjectAccessReview(authorizer: Authorizer): ReviewKind {
  const kind = "SelfSubjectAccessReview";
  return {
    definition: reviewDefinition({ group, kind, schema: selfAccessReviewSchema() }),
    create: async (object, user) => {
      refuse(kind, [...validateSpec(specOf(object)), ...validateMetadata(object, false)]);
      return answer(object, user, authorizer);
    },
  };
}

function validateSubject(spec: JsonObject): FieldError[] {
  if (asText(getKey(spec, "user")) !== "" || asTexts(getKey(spec, "groups")).length > 0) return [];
  return [invalidField("spec.user", "", "at least one of user or group must be specified")];
}

/** "May they?", anywhere. */
export function subjectAccessReview(authorizer: Authorizer): ReviewKind {
  const kind = "SubjectAccessReview";
  return {
    definition: reviewDefinition({ group, kind, schema: accessReviewSchema(kind) }),
    create: async (object) => {
      const spec = specOf(object);
      refuse(kind, [...validateSpec(spec), ...validateSubject(spec), ...validateMetadata(object, false)]);
      return answer(object, subjectOf(spec), authorizer);
    },
  };
}

function validateLocal(object: JsonObject, namespace: string): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const asked = asText(getPath(spec, "resourceAttributes", "namespace"));
  if (isObject(getKey(spec, "resourceAttributes")) && asked !== namespace) {
    errors.push(invalidField("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
  }
  const other = getKey(spec, "nonResourceAttributes");
  if (isObject(other)) {
    errors.push(invalidField("spec.nonResourceAttributes", other, "disallowed on this kind of request"));
  }
  return errors;
}

/** "May they?", within one namespace, so that its admin can be let ask. */
export function localSubjectAccessReview(authorizer: Authorizer): ReviewKind {
  const kind = "LocalSubjectAccessReview";
  return {
    definition: reviewDefinition({ group, kind, namespaced: true, schema: accessReviewSchema(kind) }),
    create: async (object) => {
      const spec = specOf(object);
      const namespace = asText(getPath(object, "metadata", "namespace"));
      if (namespace === "") throw badRequest("namespace is required on this type: ");
      refuse(kind, [
        ...validateSpec(spec),
        ...validateSubject(spec),
        ...validateMetadata(object, true),
        ...validateLocal(object, namespace),
      ]);
      return answer(object, subjectOf(spec), authorizer);
    },
  };
}
