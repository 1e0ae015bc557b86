/** One field as it stands in a message: its number and, by its wire type, a number or bytes. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The bytes are not a protobuf message. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/** The fields of a message in their order. Throws ProtobufError when the bytes end early or make no sense. */
export function* readFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError("unexpected EOF");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("integer overflow");
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new ProtobufError("unexpected EOF");
    const taken = bytes.subarray(at, at + length);
    at += length;
    return taken;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number < 1) throw new ProtobufError(`illegal tag ${number}`);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2: {
        const length = varint();
        yield { number, value: take(length > BigInt(bytes.length) ? bytes.length + 1 : Number(length)) };
        break;
      }
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new ProtobufError(`illegal wireType ${Number(tag & 7n)}`);
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A string field; throws ProtobufError when it is a number or not UTF-8. */
export function textOf({ value }: WireField): string {
  if (typeof value === "bigint") throw new ProtobufError("wrong wireType for a string");
  try {
    return utf8.decode(value);
  } catch (error) {
    throw new ProtobufError("invalid UTF-8", { cause: error });
  }
}

/** A field of bytes or a message. */
export function bytesOf({ value }: WireField): Buffer {
  if (typeof value === "bigint") throw new ProtobufError("wrong wireType for bytes");
  return value;
}

/** A signed integer; a bigint when it is too large for a number. */
export function integerOf({ value }: WireField): number | bigint {
  if (typeof value !== "bigint") throw new ProtobufError("wrong wireType for an integer");
  const signed = BigInt.asIntN(64, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}
