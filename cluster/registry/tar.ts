/**
 * Finds one file in a tar archive while it streams by. Reads what container layers hold: ustar, GNU long names and PAX
 * paths.
 */

const blockSize = 512;

/** The content of the first regular file with this path; undefined when there is none or it is larger than `maxBytes`. */
export async function fileInTar(
  archive: AsyncIterable<Buffer>,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const source = new Blocks(archive);
  try {
    return await findFile(source, normalize(path), maxBytes);
  } finally {
    await source.close();
  }
}

async function findFile(source: Blocks, wanted: string, maxBytes: number): Promise<Buffer | undefined> {
  let longName: string | undefined;
  for (
    let header = await source.take(blockSize);
    header !== undefined;
    header = await source.take(blockSize)
  ) {
    if (header.every((byte) => byte === 0)) return undefined;
    const size = sizeOf(header);
    const padded = Math.ceil(size / blockSize) * blockSize;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x" || type === "L") {
      if (size > maxHeaderBytes) return undefined;
      const data = (await source.take(padded))?.subarray(0, size);
      if (data === undefined) return undefined;
      longName = (type === "L" ? textOf(data, 0, data.length) : paxPath(data)) ?? longName;
      continue;
    }
    const name = longName ?? nameOf(header);
    longName = undefined;
    if (normalize(name) === wanted && (type === "0" || type === "\0")) {
      return size > maxBytes ? undefined : (await source.take(padded))?.subarray(0, size);
    }
    await source.skip(padded);
  }
  return undefined;
}

const maxHeaderBytes = 64 * 1024;

const normalize = (path: string): string => path.replace(/^(?:\.?\/)+/, "");

function textOf(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  const limit = start + length;
  return block.toString("utf8", start, end < 0 || end > limit ? limit : end);
}

function nameOf(header: Buffer): string {
  const prefix = textOf(header, 257, 5) === "ustar" ? textOf(header, 345, 155) : "";
  const name = textOf(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Octal; sizes above 8 GiB have another form, and no file of a configuration has them. */
function sizeOf(header: Buffer): number {
  const size = Number.parseInt(textOf(header, 124, 12).trim() || "0", 8);
  return Number.isSafeInteger(size) && size >= 0 ? size : 0;
}

/** Records are `LENGTH key=value\n`, where the length counts itself. */
function paxPath(data: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    if (space < 0) return path;
    const digits = data.toString("latin1", at, space);
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    if (length <= space - at) return path;
    const record = data.toString("utf8", space + 1, at + length - 1);
    if (record.startsWith("path=")) path = record.slice("path=".length);
    at += length;
  }
  return path;
}

/** Bytes in the portions they are asked for. */
class Blocks {
  readonly #iterator: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; undefined at the end. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [this.#rest];
    let have = this.#rest.length;
    while (have < count) {
      const next = await this.#iterator.next();
      if (next.done === true) return undefined;
      parts.push(next.value);
      have += next.value.length;
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  /** Lets go of what is behind the source, which need not have been read to its end. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async skip(count: number): Promise<void> {
    let left = count;
    while (left > this.#rest.length) {
      left -= this.#rest.length;
      const next = await this.#iterator.next();
      this.#rest = next.done === true ? Buffer.alloc(0) : next.value;
      if (next.done === true) return;
    }
    this.#rest = this.#rest.subarray(left);
  }
}
