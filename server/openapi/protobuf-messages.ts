/**
 * The messages of gnostic's openapi.v2 protobuf. The fields of every message are numbered from 1 without a gap, so the
 * place of a field in its text is its number. A field is written `key:Type`, with `*` behind it when it repeats;
 * without a type it is a string. `/pattern/:Type` takes all members whose key matches, as pairs of name and value.
 */
const limits =
  "maximum:double exclusiveMaximum:bool minimum:double exclusiveMinimum:bool maxLength:int64 minLength:int64 pattern maxItems:int64 minItems:int64 uniqueItems:bool";
const primitive = `type format items:PrimitivesItems collectionFormat default:Any ${limits} enum:Any* multipleOf:double`;

const tables = {
  Document:
    "swagger info:Info host basePath schemes* consumes* produces* paths:Paths definitions:Definitions parameters:ParameterDefinitions responses:ResponseDefinitions security:SecurityRequirement* securityDefinitions:SecurityDefinitions tags:Tag* externalDocs:ExternalDocs /^x-/:Any",
  Info: "title version description termsOfService contact:Contact license:License /^x-/:Any",
  Contact: "name url email /^x-/:Any",
  License: "name url /^x-/:Any",
  Tag: "name description externalDocs:ExternalDocs /^x-/:Any",
  ExternalDocs: "description url /^x-/:Any",
  Xml: "name namespace prefix attribute:bool wrapped:bool /^x-/:Any",
  Paths: "/^x-/:Any /^\\//:PathItem",
  PathItem:
    "$ref get:Operation put:Operation post:Operation delete:Operation options:Operation head:Operation patch:Operation parameters:ParametersItem* /^x-/:Any",
  Operation:
    "tags* summary description externalDocs:ExternalDocs operationId produces* consumes* parameters:ParametersItem* responses:Responses schemes* deprecated:bool security:SecurityRequirement* /^x-/:Any",
  Responses: "/^(?:\\d{3}|default)$/:ResponseValue /^x-/:Any",
  Response: "description schema:SchemaItem headers:Headers examples:Examples /^x-/:Any",
  Headers: "/^/:Header",
  Examples: "/^/:Any",
  JsonReference: "$ref description",
  BodyParameter: "description name in required:bool schema:Schema /^x-/:Any",
  HeaderParameterSubSchema: `required:bool in description name ${primitive} /^x-/:Any`,
  PathParameterSubSchema: `required:bool in description name ${primitive} /^x-/:Any`,
  QueryParameterSubSchema: `required:bool in description name allowEmptyValue:bool ${primitive} /^x-/:Any`,
  FormDataParameterSubSchema: `required:bool in description name allowEmptyValue:bool ${primitive} /^x-/:Any`,
  Header: `${primitive} description /^x-/:Any`,
  PrimitivesItems: `${primitive} /^x-/:Any`,
  Definitions: "/^/:Schema",
  Properties: "/^/:Schema",
  ParameterDefinitions: "/^/:Parameter",
  ResponseDefinitions: "/^/:Response",
  Schema: `$ref format title description default:Any multipleOf:double ${limits} maxProperties:int64 minProperties:int64 required* enum:Any* additionalProperties:AdditionalPropertiesItem type:TypeItem items:ItemsItem allOf:Schema* properties:Properties discriminator readOnly:bool xml:Xml externalDocs:ExternalDocs example:Any /^x-/:Any`,
  FileSchema:
    "format title description default:Any required* type readOnly:bool externalDocs:ExternalDocs example:Any /^x-/:Any",
  SecurityRequirement: "/^/:StringArray",
  SecurityDefinitions: "/^/:SecurityDefinitionsItem",
  BasicAuthenticationSecurity: "type description /^x-/:Any",
  ApiKeySecurity: "type name in description /^x-/:Any",
  Oauth2ImplicitSecurity: "type flow scopes:Oauth2Scopes authorizationUrl description /^x-/:Any",
  Oauth2PasswordSecurity: "type flow scopes:Oauth2Scopes tokenUrl description /^x-/:Any",
  Oauth2ApplicationSecurity: "type flow scopes:Oauth2Scopes tokenUrl description /^x-/:Any",
  Oauth2AccessCodeSecurity: "type flow scopes:Oauth2Scopes authorizationUrl tokenUrl description /^x-/:Any",
  Oauth2Scopes: "/^/:string",
} as const;

/** A message whose members are its fields. */
export type TableName = keyof typeof tables;

/** Where the members of a message go. */
export interface MessageTable {
  readonly keys: ReadonlyMap<string, MessageField>;
  readonly patterns: readonly { readonly pattern: RegExp; readonly field: MessageField }[];
}

/** One field; a repeated one takes each item of a list. */
export interface MessageField {
  readonly number: number;
  readonly type: string;
  readonly isRepeated: boolean;
}

/** Whether the name is that of a message with a table. */
export const isTableName = (name: string): name is TableName => Object.hasOwn(tables, name);

const read = new Map<TableName, MessageTable>();

/** The table of a message; read when it is first asked for. */
export function messageTable(name: TableName): MessageTable {
  const known = read.get(name);
  if (known !== undefined) return known;
  const table = readTable(tables[name]);
  read.set(name, table);
  return table;
}

function readTable(text: string): MessageTable {
  const keys = new Map<string, MessageField>();
  const patterns: { pattern: RegExp; field: MessageField }[] = [];
  text.split(" ").forEach((written, index) => {
    const isRepeated = written.endsWith("*");
    const whole = isRepeated ? written.slice(0, -1) : written;
    const pattern = /^\/(.*)\/:(\w+)$/.exec(whole);
    const [key = "", type = "string"] = whole.split(":");
    const field = { number: index + 1, type: pattern?.[2] ?? type, isRepeated };
    if (pattern?.[1] === undefined) keys.set(key, field);
    else patterns.push({ pattern: new RegExp(pattern[1]), field });
  });
  return { keys, patterns };
}
