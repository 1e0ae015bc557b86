/**
 * Extracts from the Go types of Kubernetes how its built-in kinds are written in protobuf: field numbers, JSON names,
 * types, and what Go leaves out when it is empty. kubectl sends these kinds in protobuf whatever the server offers.
 *
 *     node hack/gen-protobuf-messages.ts <k8s.io/api module> <k8s.io/apimachinery module>
 *     npm run prettier -- --write server/protobuf/generated
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [api, apimachinery] = process.argv.slice(2);
if (api === undefined || apimachinery === undefined) {
  console.error("usage: gen-protobuf-messages.ts <k8s.io/api module> <k8s.io/apimachinery module>");
  process.exit(2);
}

/** The kinds a client may post, by API version. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  "core/v1": [
    "ConfigMap",
    "Event",
    "Namespace",
    "PersistentVolumeClaim",
    "Pod",
    "Secret",
    "Service",
    "ServiceAccount",
  ],
  "apps/v1": ["Deployment", "ReplicaSet", "StatefulSet"],
  "rbac/v1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  "authorization/v1": [
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
  ],
  "authentication/v1": ["SelfSubjectReview", "TokenReview"],
  "meta/v1": ["DeleteOptions"],
};
const groups: Readonly<Record<string, string>> = {
  "core/v1": "v1",
  "apps/v1": "apps/v1",
  "rbac/v1": "rbac.authorization.k8s.io/v1",
  "authorization/v1": "authorization.k8s.io/v1",
  "authentication/v1": "authentication.k8s.io/v1",
  "meta/v1": "*",
};
const packages: Readonly<Record<string, string>> = {
  v1: "core/v1",
  corev1: "core/v1",
  metav1: "meta/v1",
  authenticationv1: "authentication/v1",
};
const special: Readonly<Record<string, string>> = {
  "meta/v1.Time": "Time",
  "meta/v1.MicroTime": "MicroTime",
  "meta/v1.FieldsV1": "FieldsV1",
  "meta/v1.Duration": "Duration",
  "resource.Quantity": "Quantity",
  "intstr.IntOrString": "IntOrString",
  "runtime.RawExtension": "RawExtension",
};

type Field = [name: string, type: string, flags: string];
interface Go {
  readonly structs: Map<string, Record<string, Field>>;
  readonly aliases: Map<string, string>;
}

/** `Name *Type `json:"name,omitempty" protobuf:"bytes,1,opt,name=name"`` */
function readField(line: string): { readonly number: string; readonly entry: Field } | undefined {
  const field = /^\s+(?:\w+\s+)?(\S+)\s+`json:"([^"]*)" (?:\S+ )*?protobuf:"([^"]*)"/.exec(line);
  if (field === null) return undefined;
  const [, type = "", json = "", protobuf = ""] = field;
  const [jsonName = "", ...options] = json.split(",");
  const protobufName = /name=(\w+)/.exec(protobuf)?.[1] ?? "";
  const flags =
    (type.startsWith("*") ? "p" : "") +
    (options.includes("omitempty") || options.includes("omitzero") ? "o" : "") +
    (options.includes("inline") || jsonName === "" ? "i" : "");
  return {
    number: protobuf.split(",")[1] ?? "",
    entry: [jsonName === "" ? protobufName : jsonName, type.replace(/^\*/, ""), flags],
  };
}

function readPackage(name: string): Go {
  const file =
    name === "meta/v1"
      ? join(apimachinery ?? "", "pkg/apis/meta/v1/types.go")
      : join(api ?? "", name, "types.go");
  const structs = new Map<string, Record<string, Field>>();
  const aliases = new Map<string, string>();
  let current: Record<string, Field> | undefined;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const struct = /^type (\w+) struct \{/.exec(line)?.[1];
    const alias = /^type (\w+) (\S+)$/.exec(line);
    if (struct !== undefined) structs.set(struct, (current = {}));
    else if (alias?.[1] !== undefined && alias[2] !== undefined) aliases.set(alias[1], alias[2]);
    else if (line.startsWith("}")) current = undefined;
    const field = readField(line);
    if (current !== undefined && field !== undefined) current[field.number] = field.entry;
  }
  return { structs, aliases };
}

const read = new Map<string, Go>();
const goPackage = (name: string): Go => {
  const known = read.get(name);
  if (known !== undefined) return known;
  const made = readPackage(name);
  read.set(name, made);
  return made;
};

const messages = new Map<string, Record<string, Field>>();

/** A Go type in terms of the decoder: a scalar, a special type or a message, with `[]` or `{}` before it. */
function resolve(type: string, home: string): string {
  if (type === "[]byte") return "bytes";
  if (type.startsWith("[]")) return `[]${resolve(type.slice(2).replace(/^\*/, ""), home)}`;
  const map = /^map\[\w+(?:\.\w+)?\](.*)$/.exec(type)?.[1];
  if (map !== undefined) return `{}${resolve(map, home)}`;
  if (type === "string" || type === "bool" || /^u?int\d*$/.test(type))
    return type.replace(/^u?int\d*$/, "int");
  const [prefix, local] = type.includes(".") ? (type.split(".") as [string, string]) : ["", type];
  const packageName = prefix === "" ? home : (packages[prefix] ?? prefix);
  const full = `${packageName}.${local}`;
  const known = special[full];
  if (known !== undefined) return known;
  if (full === "types.UID") return "string";
  const go = goPackage(packageName);
  // A list that is a type of its own travels as a message with one field.
  if (local === "ExtraValue") return "Items";
  const alias = go.aliases.get(local);
  if (alias !== undefined) return resolve(alias, packageName);
  const struct = go.structs.get(local);
  if (struct === undefined) throw new Error(`unknown type ${full}`);
  if (!messages.has(full)) {
    const fields: Record<string, Field> = {};
    messages.set(full, fields);
    for (const [number, [name, fieldType, flags]] of Object.entries(struct)) {
      fields[number] = [name, resolve(fieldType, packageName), flags];
    }
  }
  return full;
}

const table: Record<string, string> = {};
for (const [packageName, names] of Object.entries(kinds)) {
  for (const name of names) table[`${groups[packageName] ?? ""}/${name}`] = resolve(name, packageName);
}
const lines = [...messages]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, fields]) => `${JSON.stringify(name)}:${JSON.stringify(fields)}`);
const target = join(import.meta.dirname, "..", "server", "protobuf", "generated", "messages.json");
writeFileSync(target, `{"kinds":${JSON.stringify(table)},\n"messages":{\n${lines.join(",\n")}\n}}\n`);
