/**
 * Reads HTTP/1.1 responses from the bytes of a connection. It does no more than the measurement needs, so that on a
 * machine with few processors the client takes little from the server: bodies are handed on in slices, unread.
 */
export interface ResponseListener {
  /** A slice of the body, valid until this returns. */
  body(slice: Buffer): void;
  end(status: number): void;
}

const carriageReturn = 13;
const endOfHead = Buffer.from("\r\n\r\n");

export class ResponseReader {
  readonly #on: ResponseListener;
  #head: Buffer | undefined;
  #status = 0;
  #isChunked = false;
  /** Bytes of the body, or of the present chunk with its end of line, that are still to come; -1 outside of both. */
  #left = -1;
  #line = "";
  #isLastChunk = false;
  #isInBody = false;

  constructor(on: ResponseListener) {
    this.#on = on;
  }

  /** The data are not kept. */
  push(data: Buffer): void {
    let rest: Buffer = data;
    while (rest.length > 0) {
      if (!this.#isInBody) rest = this.#readHead(rest);
      else if (this.#isChunked) rest = this.#readChunk(rest);
      else rest = this.#readPlain(rest);
    }
  }

  #readHead(data: Buffer): Buffer {
    const all = this.#head === undefined ? data : Buffer.concat([this.#head, data]);
    const end = all.indexOf(endOfHead);
    if (end < 0) {
      this.#head = Buffer.from(all);
      return Buffer.alloc(0);
    }
    this.#head = undefined;
    const text = all.toString("latin1", 0, end);
    this.#status = Number(text.slice(9, 12));
    this.#isChunked = /\r\ntransfer-encoding: *chunked/i.test(text);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    this.#isInBody = true;
    this.#left = this.#isChunked ? -1 : Number(length ?? 0);
    if (this.#left === 0) this.#finish();
    return all.subarray(end + 4);
  }

  #readPlain(data: Buffer): Buffer {
    const slice = data.subarray(0, this.#left);
    this.#left -= slice.length;
    this.#on.body(slice);
    if (this.#left === 0) this.#finish();
    return data.subarray(slice.length);
  }

  #readChunk(data: Buffer): Buffer {
    if (this.#left < 0) {
      const end = data.indexOf(10);
      if (end < 0) {
        this.#line += data.toString("latin1");
        return Buffer.alloc(0);
      }
      const line = this.#line + data.toString("latin1", 0, data[end - 1] === carriageReturn ? end - 1 : end);
      this.#line = "";
      const size = Number.parseInt(line, 16);
      this.#left = size + 2;
      this.#isLastChunk = size === 0;
      return data.subarray(end + 1);
    }
    const size = Math.min(data.length, this.#left);
    const content = Math.min(size, this.#left - 2);
    if (content > 0) this.#on.body(data.subarray(0, content));
    this.#left -= size;
    if (this.#left === 0) {
      this.#left = -1;
      if (this.#isLastChunk) this.#finish();
    }
    return data.subarray(size);
  }

  #finish(): void {
    this.#isInBody = false;
    this.#on.end(this.#status);
  }
}
