/** The bytes of one protobuf message, built field by field in the order of the calls. */
export class MessageWriter {
  readonly #parts: Buffer[] = [];

  /** A field of wire type varint; negative numbers take the ten bytes of their two's complement. */
  varint(number: number, value: bigint | number): void {
    this.#parts.push(varint(tagOf(number, 0)), varint(BigInt.asUintN(64, BigInt(value))));
  }

  /** A field of type double. */
  double(number: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(varint(tagOf(number, 1)), bytes);
  }

  /** A text, bytes or an embedded message. */
  bytes(number: number, value: string | Buffer): void {
    const content = typeof value === "string" ? Buffer.from(value) : value;
    this.#parts.push(varint(tagOf(number, 2)), varint(content.length), content);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const tagOf = (number: number, wireType: 0 | 1 | 2): number => number * 8 + wireType;

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  // Tags and lengths are small; only values may need more bits than a number has.
  let small = typeof value === "number" ? value : 0;
  let big = typeof value === "bigint" ? value : 0n;
  for (; big > 0x7fffffffn; big >>= 7n) bytes.push(Number(big & 0x7fn) | 0x80);
  small += Number(big);
  for (; small > 0x7f; small = Math.floor(small / 128)) bytes.push((small % 128) | 0x80);
  bytes.push(small);
  return Buffer.from(bytes);
}

/** The bytes of what is written. */
export function message(write: (writer: MessageWriter) => void): Buffer {
  const writer = new MessageWriter();
  write(writer);
  return writer.finish();
}
