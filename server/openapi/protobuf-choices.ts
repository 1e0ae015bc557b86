import type { JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

/** One of the forms a member may take: the number it has in its oneof and the message it is. */
export interface Choice {
  readonly number: number;
  readonly type: string;
}

const schema: Choice = { number: 1, type: "Schema" };
const reference: Choice = { number: 2, type: "JsonReference" };

const nonBodyPlaces: ReadonlyMap<JsonValue | undefined, Choice> = new Map([
  ["header", { number: 1, type: "HeaderParameterSubSchema" }],
  ["formData", { number: 2, type: "FormDataParameterSubSchema" }],
  ["query", { number: 3, type: "QueryParameterSubSchema" }],
  ["path", { number: 4, type: "PathParameterSubSchema" }],
]);

const oauth2Flows: ReadonlyMap<JsonValue | undefined, Choice> = new Map([
  ["implicit", { number: 3, type: "Oauth2ImplicitSecurity" }],
  ["password", { number: 4, type: "Oauth2PasswordSecurity" }],
  ["application", { number: 5, type: "Oauth2ApplicationSecurity" }],
  ["accessCode", { number: 6, type: "Oauth2AccessCodeSecurity" }],
]);

/** Which form of a oneof message the value has. Throws TypeError when it has none. */
export function choose(type: string, value: JsonValue): Choice {
  const choice = choiceOf(type, value);
  if (choice === undefined) throw new TypeError(`not a ${type} of Swagger 2.0`);
  return choice;
}

function choiceOf(type: string, value: JsonValue): Choice | undefined {
  const member = (key: string): JsonValue | undefined => (isObject(value) ? getKey(value, key) : undefined);
  const isReference = member("$ref") !== undefined;
  switch (type) {
    case "AdditionalPropertiesItem":
      return typeof value === "boolean" ? { number: 2, type: "bool" } : schema;
    case "SchemaItem":
      return member("type") === "file" ? { number: 2, type: "FileSchema" } : schema;
    case "ResponseValue":
      return isReference ? reference : { number: 1, type: "Response" };
    case "ParametersItem":
      return isReference ? reference : { number: 1, type: "Parameter" };
    case "Parameter":
      return member("in") === "body"
        ? { number: 1, type: "BodyParameter" }
        : { number: 2, type: "NonBodyParameter" };
    case "NonBodyParameter":
      return nonBodyPlaces.get(member("in"));
    case "SecurityDefinitionsItem":
      return securityForm(member("type"), member("flow"));
    default:
      return undefined;
  }
}

function securityForm(type: JsonValue | undefined, flow: JsonValue | undefined): Choice | undefined {
  if (type === "basic") return { number: 1, type: "BasicAuthenticationSecurity" };
  if (type === "apiKey") return { number: 2, type: "ApiKeySecurity" };
  return type === "oauth2" ? oauth2Flows.get(flow) : undefined;
}
