import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toStatus } from "../../../api/errors/status.ts";
import { notFound } from "../../../api/errors/catalogue.ts";
import type { ResourceDefinition } from "../../../api/meta/resource-definition.ts";
import type { UserInfo } from "../../../api/meta/user.ts";
import { encodeJson } from "../../../machinery/json/encode.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ReviewKind } from "../../../server/authz/reviews/reviews.ts";
import { Discovery } from "../../../server/discovery/discovery.ts";
import type { BytesResponse } from "../../../server/http/api-request.ts";
import { parseQuery } from "../../../server/http/api-request.ts";
import { OpenApi } from "../../../server/openapi/openapi.ts";
import { decodeProtobuf } from "../../../server/protobuf/decode.ts";

/** A request for objects, as the client made it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Serves the documents of definitions and the reviews, and keeps just enough objects for a client to go on: what
 * is posted is there afterwards, unless it was a dry run. What a client makes of the documents is in `seen`.
 */
export class DocumentServer {
  readonly seen: SeenRequest[] = [];
  readonly #discovery: Discovery;
  readonly #openApi: OpenApi;
  readonly #reviews: readonly ReviewKind[];
  readonly #user: UserInfo;
  readonly #objects = new Map<string, JsonObject>();
  readonly #server: Server;

  constructor(definitions: readonly ResourceDefinition[], reviews: readonly ReviewKind[], user: UserInfo) {
    const all = [...definitions, ...reviews.map(({ definition }) => definition)];
    this.#discovery = new Discovery(all);
    this.#openApi = new OpenApi(this.#discovery.groups, {
      info: { title: "Test", version: "v1" },
      since: new Date(0),
    });
    this.#reviews = reviews;
    this.#user = user;
    this.#server = createServer((request, response) => {
      this.#answer(request)
        .catch((error: unknown): BytesResponse => {
          const status = toStatus(error);
          return this.#json(status.code, status as unknown as JsonObject);
        })
        .then((answer) => {
          response.writeHead(answer.status, answer.headers);
          response.end(answer.body as Buffer | string);
        })
        .catch((error: unknown) => response.destroy(error as Error));
    });
  }

  /** Listens on a free port of the loopback address and answers the URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<BytesResponse> {
    const url = new URL(request.url ?? "/", "http://server");
    const documentRequest = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: parseQuery(url.search.slice(1)),
      header: (name: string) => request.headers[name.toLowerCase()] as string | undefined,
      receivedAt: new Date(),
    };
    const document = this.#discovery.serve(documentRequest);
    if (document !== undefined) return document;
    if (this.#openApi.has(url.pathname)) return this.#openApi.serve(documentRequest);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const isProtobuf = documentRequest.header("content-type") === "application/vnd.kubernetes.protobuf";
    const body = isProtobuf ? encodeJson(decodeProtobuf(bytes) ?? {}) : bytes.toString();
    const review = this.#reviews.find(({ definition }) => url.pathname.endsWith(`/${definition.plural}`));
    if (review !== undefined) {
      return this.#json(201, await review.create(JSON.parse(body) as JsonObject, this.#user));
    }
    this.seen.push({
      method: documentRequest.method,
      path: url.pathname,
      query: url.search.slice(1),
      contentType: documentRequest.header("content-type") ?? "",
      body,
    });
    return this.#objectAnswer(documentRequest.method, url, body);
  }

  #objectAnswer(method: string, url: URL, body: string): BytesResponse {
    if (method === "POST") {
      const object = JSON.parse(body) as { metadata: { name: string } } & JsonObject;
      object.metadata = { ...object.metadata, uid: "1", resourceVersion: "1" } as typeof object.metadata;
      if (!url.searchParams.has("dryRun"))
        this.#objects.set(`${url.pathname}/${object.metadata.name}`, object);
      return this.#json(201, object);
    }
    const object = this.#objects.get(url.pathname);
    if (object === undefined) throw notFound({ group: "lab.example.com", resource: "widgets" }, "w");
    return this.#json(200, object);
  }

  #json(status: number, object: JsonObject): BytesResponse {
    return { status, headers: { "Content-Type": "application/json" }, body: encodeJson(object) };
  }
}
