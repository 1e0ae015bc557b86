import { decodeJson } from "../../machinery/json/decode.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import type { WireField } from "./reader.ts";
import { bytesOf, integerOf, ProtobufError, readFields, textOf } from "./reader.ts";

type Decode = (bytes: Buffer) => JsonValue | undefined;

const fieldsOf = (bytes: Buffer): Map<number, WireField> =>
  new Map([...readFields(bytes)].map((field) => [field.number, field]));

function integer(fields: ReadonlyMap<number, WireField>, number: number): number {
  const field = fields.get(number);
  return field === undefined ? 0 : Number(integerOf(field));
}

function text(fields: ReadonlyMap<number, WireField>, number: number): string {
  const field = fields.get(number);
  return field === undefined ? "" : textOf(field);
}

/** RFC 3339 in UTC with the given number of fractional digits; a time of nothing is no time. */
const time =
  (digits: number): Decode =>
  (bytes) => {
    const fields = fieldsOf(bytes);
    const seconds = integer(fields, 1);
    const nanos = integer(fields, 2);
    if (fields.size === 0 || (seconds === 0 && nanos === 0)) return undefined;
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) throw new ProtobufError("time out of range");
    const whole = date.toISOString().slice(0, 19);
    const fraction = digits === 0 ? "" : `.${String(nanos).padStart(9, "0").slice(0, digits)}`;
    return `${whole}${fraction}Z`;
  };

const rawJson =
  (number: number): Decode =>
  (bytes) => {
    const raw = fieldsOf(bytes).get(number);
    if (raw === undefined) return undefined;
    const json = bytesOf(raw);
    if (json.length === 0) return undefined;
    try {
      return decodeJson(json).value;
    } catch (error) {
      throw new ProtobufError("embedded JSON cannot be read", { cause: error });
    }
  };

const list: Decode = (bytes) => [...readFields(bytes)].filter(({ number }) => number === 1).map(textOf);

/** The types whose JSON is not that of their message. Undefined: nothing is written. */
export const specialTypes: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["Time", time(0)],
  ["MicroTime", time(6)],
  ["Quantity", (bytes) => text(fieldsOf(bytes), 1)],
  [
    "IntOrString",
    (bytes) => {
      const fields = fieldsOf(bytes);
      return integer(fields, 1) === 1 ? text(fields, 3) : integer(fields, 2);
    },
  ],
  ["FieldsV1", rawJson(1)],
  ["RawExtension", rawJson(1)],
  ["Duration", (bytes) => `${String(integer(fieldsOf(bytes), 1) / 1e9)}s`],
  ["Items", list],
]);
