import { createHash } from "node:crypto";
import type { JsonObject } from "../../machinery/json/value.ts";
import { encodeOrdered, encodePretty } from "../../machinery/json/encode.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { ApiRequest } from "../http/api-request.ts";

/** The upper-case hexadecimal SHA-512 of the bytes: the hash kube-apiserver uses for documents. */
export const documentHash = (bytes: Buffer | string): string =>
  createHash("sha512").update(bytes).digest("hex").toUpperCase();

/** A document held ready as bytes; the indented form is made when somebody first wants it. */
export class Document {
  readonly hash: string;
  readonly #content: JsonObject;
  readonly #compact: Buffer;
  #pretty: Buffer | undefined;

  constructor(content: JsonObject) {
    this.#content = content;
    this.#compact = Buffer.from(`${encodeOrdered(content)}\n`);
    this.hash = documentHash(this.#compact);
  }

  bytes(isPretty: boolean): Buffer {
    if (!isPretty) return this.#compact;
    this.#pretty ??= Buffer.from(encodePretty(this.#content, { sorted: false }));
    return this.#pretty;
  }

  /** The same as YAML. */
  yaml(): string {
    return encodeYaml(this.#content);
  }
}

/** Whether the client reads with its eyes: it says so, or it is a browser, curl or wget and does not deny it. */
export function wantsPretty(request: Pick<ApiRequest, "query" | "header">): boolean {
  const asked = request.query.get("pretty");
  if (asked !== undefined && asked !== "") return ["1", "t", "T", "true", "TRUE", "True"].includes(asked);
  return /^(?:curl\/|Wget\/|Mozilla\/5\.0)/.test(request.header("user-agent") ?? "");
}
