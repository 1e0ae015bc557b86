import type { Sender, WireRequest, WireResponse, WireStream } from "./wire.ts";

/** What goes by one name in what is sent and compared, and by another of the same length on this server. */
export type Names = readonly (readonly [known: string, here: string])[];

/** Sends to a server where things have other names, as if they had the known ones. */
export class Renamed implements Sender {
  readonly #inner: Sender;
  readonly #names: Names;

  constructor(inner: Sender, names: Names) {
    this.#inner = inner;
    this.#names = names;
  }

  async send(wanted: WireRequest): Promise<WireResponse> {
    return this.#known(await this.#inner.send(this.#here(wanted)));
  }

  async open(wanted: WireRequest): Promise<WireStream> {
    const stream = await this.#inner.open(this.#here(wanted));
    return {
      response: this.#known(stream.response),
      lines: async (count, milliseconds) =>
        (await stream.lines(count, milliseconds)).map((line) => this.#back(line)),
      close: () => {
        stream.close();
      },
    };
  }

  close(): void {
    this.#inner.close();
  }

  #here(wanted: WireRequest): WireRequest {
    const { body } = wanted;
    const request = {
      ...wanted,
      path: this.#there(wanted.path),
      headers: Object.fromEntries(
        Object.entries(wanted.headers).map(([name, value]) => [name, this.#there(value)]),
      ),
    };
    // Byte by byte: a body need not be a text.
    return body === undefined
      ? request
      : { ...request, body: Buffer.from(this.#there(body.toString("latin1")), "latin1") };
  }

  /** A text from there with the known names. */
  known(text: string): string {
    return this.#back(text);
  }

  #known(response: WireResponse): WireResponse {
    return {
      ...response,
      headers: response.headers.map(([name, value]) => [name, this.#back(value)]),
      body: this.#back(response.body),
    };
  }

  #there(text: string): string {
    return this.#names.reduce((replaced, [known, here]) => replaced.replaceAll(known, here), text);
  }

  #back(text: string): string {
    return this.#names.reduce((replaced, [known, here]) => replaced.replaceAll(here, known), text);
  }
}
