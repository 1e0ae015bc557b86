/**
 * What answers in protobuf say, as text that can be masked and compared: every field in the order it stands in, also the
 * empty ones. Read by the numbers that metav1 gives its fields, with nothing of the server that is tested.
 */

type Fields = Readonly<Record<number, readonly [name: string, type: string]>>;

const text = (name: string) => [name, "text"] as const;
const number = (name: string) => [name, "number"] as const;

const messages: Readonly<Record<string, Fields>> = {
  PartialObjectMetadata: { 1: ["metadata", "ObjectMeta"] },
  PartialObjectMetadataList: { 1: ["metadata", "ListMeta"], 2: ["items", "PartialObjectMetadata"] },
  // prettier-ignore
  ObjectMeta: {
    1: text("name"), 2: text("generateName"), 3: text("namespace"), 4: text("selfLink"), 5: text("uid"),
    6: text("resourceVersion"), 7: number("generation"), 8: ["creationTimestamp", "Time"],
    9: ["deletionTimestamp", "Time"], 10: number("deletionGracePeriodSeconds"), 11: ["labels", "Entry"],
    12: ["annotations", "Entry"], 13: ["ownerReferences", "Owner"], 14: text("finalizers"),
    17: ["managedFields", "Manager"],
  },
  Entry: { 1: text("key"), 2: text("value") },
  // prettier-ignore
  Owner: {
    1: text("kind"), 3: text("name"), 4: text("uid"), 5: text("apiVersion"), 6: number("controller"),
    7: number("blockOwnerDeletion"),
  },
  // prettier-ignore
  Manager: {
    1: text("manager"), 2: text("operation"), 3: text("apiVersion"), 4: ["time", "Time"], 6: text("fieldsType"),
    7: ["fieldsV1", "Raw"], 8: text("subresource"),
  },
  Raw: { 1: text("raw") },
  ListMeta: {
    1: text("selfLink"),
    2: ["resourceVersion", "revision"],
    3: text("continue"),
    4: number("remaining"),
  },
  // prettier-ignore
  Status: {
    1: ["metadata", "ListMeta"], 2: text("status"), 3: text("message"), 4: text("reason"), 5: ["details", "Details"],
    6: number("code"),
  },
  // prettier-ignore
  Details: {
    1: text("name"), 2: text("group"), 3: text("kind"), 4: ["causes", "Cause"], 5: number("retryAfterSeconds"),
    6: text("uid"),
  },
  Cause: { 1: text("reason"), 2: text("message"), 3: text("field") },
  Type: { 1: text("apiVersion"), 2: text("kind") },
};

const magic = "k8s\0";

/** The text of an object in its envelope; of bytes that are no known object, the bytes as text. */
export function readProtobuf(bytes: Buffer): string {
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) return bytes.toString();
  const fields = fieldsOf(bytes.subarray(magic.length));
  const type = messageOf("Type", asBytes(fields.find(([number]) => number === 1)?.[1]));
  const kind = /"kind":"(\w+)"/.exec(type)?.[1] ?? "";
  if (messages[kind] === undefined) return bytes.toString();
  const parts = fields.map(([number, value]) => {
    if (number === 1) return `"type":${type}`;
    return number === 2
      ? `"object":${messageOf(kind, asBytes(value))}`
      : `"${String(number)}":${plain(value)}`;
  });
  return `{"protobuf":{${parts.join(",")}}}`;
}

/** The text of an event of a watch: the type first, as it is in JSON. */
export function readProtobufEvent(bytes: Buffer): string {
  const parts = fieldsOf(bytes).map(([number, value]) => {
    if (number === 1) return `"type":${plain(value)}`;
    const inner = fieldsOf(asBytes(value)).map(
      ([at, raw]) => `"${String(at)}":${readProtobuf(asBytes(raw))}`,
    );
    return `"object":{${inner.join(",")}}`;
  });
  return `{${parts.join(",")}}`;
}

/** The events whose bytes are all there, and the bytes that are left. */
export function splitEvents(bytes: Buffer): { readonly events: readonly string[]; readonly rest: Buffer } {
  const events: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    events.push(readProtobufEvent(bytes.subarray(at + 4, end)));
    at = end;
  }
  return { events, rest: bytes.subarray(at) };
}

function messageOf(type: string, bytes: Buffer): string {
  if (type === "Time") return timeOf(bytes);
  const parts = fieldsOf(bytes).map(([number, value]) => {
    const [name, kind] = messages[type]?.[number] ?? [`#${String(number)}`, "text"];
    return `${JSON.stringify(name)}:${valueOf(kind, value)}`;
  });
  return `{${parts.join(",")}}`;
}

function valueOf(kind: string, value: bigint | Buffer): string {
  if (kind === "text" || kind === "number") return plain(value);
  // That of a list is the server's own, and not one of those that are numbered.
  if (kind === "revision") return /^\d+$/.test(asBytes(value).toString()) ? '"<collection>"' : plain(value);
  return messageOf(kind, asBytes(value));
}

const plain = (value: bigint | Buffer): string =>
  typeof value === "bigint" ? String(value) : JSON.stringify(value.toString());
const asBytes = (value: bigint | Buffer | undefined): Buffer =>
  typeof value === "object" ? value : Buffer.from(value === undefined ? "" : `not bytes: ${String(value)}`);

/** Seconds and what is behind them; no time is nothing at all. */
function timeOf(bytes: Buffer): string {
  const fields = fieldsOf(bytes);
  if (fields.length === 0) return "null";
  const [seconds, ...rest] = fields.map(([number, value]) => `${String(number)}:${plain(value)}`);
  const date = new Date(Number(seconds?.slice(2)) * 1000).toISOString().replace(".000", "");
  return `"${date} ${rest.join(" ")}"`;
}

function fieldsOf(bytes: Buffer): (readonly [number: number, value: bigint | Buffer])[] {
  const found: (readonly [number, bigint | Buffer])[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Number(tag >> 3n);
    if ((tag & 7n) === 0n) {
      found.push([field, varint()]);
    } else if ((tag & 7n) === 2n) {
      const end = Number(varint()) + at;
      found.push([field, bytes.subarray(at, end)]);
      at = end;
    } else {
      throw new Error(`a field of wire type ${String(tag & 7n)} in ${bytes.toString("hex")}`);
    }
  }
  return found;
}
