/**
 * The OpenAPI documents: version 3 per group and version with an index, version 2 for everything. A document is built
 * when it is first asked for and kept; a changed set of definitions means a new OpenApi. Version 2 is JSON or protobuf;
 * both forms have the ETag of the JSON, as kube-apiserver has it. The index has a time and no tag.
 */
import { decodeStored } from "../../machinery/json/decode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ApiRequest, BytesResponse } from "../http/api-request.ts";
import { admits, parseAccept } from "../discovery/accept.ts";
import { documentHash } from "../discovery/document.ts";
import type { ServedGroup } from "../discovery/served.ts";
import type { ApiInfo } from "./documents.ts";
import { serveContent } from "./content.ts";
import { openApiV2, openApiV3 } from "./documents.ts";
import { groupVersionPath } from "./names.ts";
import { oldProtobufV2Type, openApiV2Protobuf, protobufV2Type } from "./protobuf.ts";

type Request = Pick<ApiRequest, "path" | "query" | "header" | "receivedAt" | "isProxied">;

interface BuiltDocument {
  readonly body: Buffer;
  readonly hash: string;
}

/** A form of a document: what a client may ask for, what the answer is called, and its bytes. */
interface Offer {
  readonly asked: string;
  readonly contentType: string;
  readonly get: () => BuiltDocument;
}

const jsonType = "application/json";
const textType = "text/plain; charset=utf-8";

class LazyDocument {
  readonly #build: () => Buffer;
  #built: BuiltDocument | undefined;

  constructor(build: () => Buffer) {
    this.#build = build;
  }

  get(): BuiltDocument {
    if (this.#built === undefined) {
      const body = this.#build();
      this.#built = { body, hash: documentHash(body) };
    }
    return this.#built;
  }
}

const v3Root = "/openapi/v3";
const v2Path = "/openapi/v2";

const relativeUrl = (groupVersion: string, hash: string): string => `${v3Root}/${groupVersion}?hash=${hash}`;

export class OpenApi {
  readonly #v2: readonly Offer[];
  readonly #index: LazyDocument;
  readonly #v3: ReadonlyMap<string, LazyDocument>;
  /** HTTP date of the set of definitions, for Last-Modified. */
  readonly #since: string;

  /** `groups` as discovery has them; `info` is for the document of everything; `since` is the time the definitions came into force. */
  constructor(groups: readonly ServedGroup[], options: { readonly info: ApiInfo; readonly since: Date }) {
    this.#since = options.since.toUTCString();
    const v3 = groups.flatMap(({ name, versions }) =>
      versions.map(
        (version) =>
          [
            groupVersionPath(name, version.name),
            new LazyDocument(() => openApiV3(version.resources)),
          ] as const,
      ),
    );
    this.#v3 = new Map(v3.sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#index = new LazyDocument(() => this.#buildIndex());
    const v2 = new LazyDocument(() =>
      openApiV2(
        groups.flatMap(({ versions }) => versions.flatMap(({ resources }) => resources)),
        options.info,
      ),
    );
    this.#v2 = v2Offers(v2);
  }

  /** Whether the path is one of the documents, or where one would be. */
  has(path: string): boolean {
    return path === v2Path || path === v3Root || path.startsWith(`${v3Root}/`);
  }

  /** The answer for a path for which `has` is true, whatever the method. */
  serve(request: Request): BytesResponse {
    if (request.path === v2Path)
      return this.#serveNegotiated(request, this.#v2, { Vary: "Accept-Encoding, Accept" });
    // kube-apiserver names no type for the index, so Go finds it to be text.
    if (request.path === v3Root) return this.#send(request, { body: this.#index.get().body }, {}, textType);
    const groupVersion = groupVersionOf(request.path);
    const document = this.#v3.get(groupVersion)?.get();
    if (document === undefined) return { status: 404, headers: {}, body: "" };
    const asked = request.query.get("hash") ?? "";
    const offers = [{ asked: jsonType, contentType: jsonType, get: () => document }];
    // kube-apiserver compresses none of these, and a proxy in between would tell of it.
    const isNeverCompressed = true;
    // It may still have the index of an earlier version, and does not pass a redirection on.
    if (asked === "" || (asked !== document.hash && request.isProxied === true))
      return { ...this.#serveNegotiated(request, offers), isNeverCompressed };
    if (asked !== document.hash) {
      const location = relativeUrl(groupVersion, document.hash);
      const tag = `"${document.hash}"`;
      const headers = { "Content-Type": jsonType, ETag: tag, Location: location, Vary: "Accept" };
      return { status: 301, headers, body: "" };
    }
    // The URL names the content, so it may be kept for ever, which for HTTP is a year.
    const expires = new Date(request.receivedAt);
    expires.setUTCFullYear(expires.getUTCFullYear() + 1);
    const kept = this.#serveNegotiated(request, offers, {
      "Cache-Control": "public, immutable",
      Expires: expires.toUTCString(),
    });
    return { ...kept, isNeverCompressed };
  }

  #serveNegotiated(
    request: Request,
    offers: readonly Offer[],
    headers: Readonly<Record<string, string>> = {},
  ): BytesResponse {
    const offer = parseAccept(request.header("accept"))
      .filter(({ quality }) => quality > 0)
      .flatMap((clause) => offers.filter(({ asked }) => admits(clause, asked)))[0];
    if (offer === undefined) return { status: 406, headers: { Vary: headers["Vary"] ?? "Accept" }, body: "" };
    return this.#send(request, offer.get(), { Vary: "Accept", ...headers }, offer.contentType);
  }

  #send(
    request: Request,
    { body, hash }: { readonly body: Buffer; readonly hash?: string },
    headers: Readonly<Record<string, string>>,
    contentType = jsonType,
  ): BytesResponse {
    const content = { body, contentType, lastModified: this.#since };
    return serveContent(request, hash === undefined ? content : { ...content, tag: hash }, headers);
  }

  #buildIndex(): Buffer {
    const paths = [...this.#v3].map(([groupVersion, document]) => [
      groupVersion,
      { serverRelativeURL: relativeUrl(groupVersion, document.get().hash) },
    ]);
    return Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) as unknown }));
  }
}

function v2Offers(json: LazyDocument): Offer[] {
  let built: Buffer | undefined;
  const protobuf = (): BuiltDocument => {
    const { body, hash } = json.get();
    built ??= openApiV2Protobuf(decodeStored(body) as JsonObject);
    return { body: built, hash };
  };
  return [
    { asked: jsonType, contentType: jsonType, get: () => json.get() },
    { asked: oldProtobufV2Type, contentType: protobufV2Type, get: protobuf },
    { asked: protobufV2Type, contentType: protobufV2Type, get: protobuf },
  ];
}

const groupVersionOf = (path: string): string =>
  path.startsWith(`${v3Root}/`) ? path.slice(v3Root.length + 1) : "";
