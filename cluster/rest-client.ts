/**
 * The one implementation of Client: shapes Kubernetes requests for a Transport and reads the answers. Knows no kind.
 */
import { isApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { apiVersionOf } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getPath, isObject } from "../machinery/json/value.ts";
import { failureOf, objectOf, readBody, readJson, warningsOf } from "./answer.ts";
import type {
  ApplyOptions,
  Client,
  DeleteOptions,
  ListOptions,
  ObjectList,
  ObjectRef,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
  WriteResult,
} from "./client.ts";
import { createResourceMapper } from "./resource-mapper.ts";
import type { ResourceMapper } from "./resource-mapper.ts";
import { resourcePath } from "./paths.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { watchEvents } from "./watch-stream.ts";

export interface RestClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Sent with every request; its part before the first `/` is the default field manager. */
  readonly userAgent: string;
}

const json = "application/json";
const asMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const asMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

const pageSize = 500;
/** How often a read that was told to come back later does so. */
const readAttempts = 5;

type PatchType = "application/merge-patch+json" | "application/apply-patch+yaml";
type Write = WriteOptions & { readonly subresource?: string };

export function createRestClient(options: RestClientOptions): Client {
  return new RestClient(options);
}

class RestClient implements Client {
  readonly #options: RestClientOptions;
  readonly #mapper: ResourceMapper;

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.#mapper = createResourceMapper((path) => this.getRaw(path));
  }

  async get(resource: ResourceRef, ref: ObjectRef): Promise<KubeObject> {
    return objectOf(await this.#read(resourcePath(resource, ref), json));
  }

  async getMetadata(resource: ResourceRef, ref: ObjectRef): Promise<KubeObject> {
    return objectOf(await this.#read(resourcePath(resource, ref), asMetadata));
  }

  async list(resource: ResourceRef, options: ListOptions = {}): Promise<ObjectList> {
    if (options.limit !== undefined || options.continue !== undefined) return this.#page(resource, options);
    const items: KubeObject[] = [];
    let page = await this.#page(resource, { ...options, limit: pageSize });
    items.push(...page.items);
    const { resourceVersion } = page;
    while (page.continue !== "") {
      const { resourceVersion: _first, ...rest } = options;
      page = await this.#page(resource, { ...rest, limit: pageSize, continue: page.continue });
      items.push(...page.items);
    }
    return { items, resourceVersion, continue: "" };
  }

  async *watch(resource: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const { namespace, signal, sendInitialEvents, metadataOnly, ...rest } = options;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace }, {
      ...rest,
      watch: true,
      allowWatchBookmarks: true,
      ...(sendInitialEvents === true ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {}),
    });
    const response = await this.#send({
      method: "GET",
      path,
      headers: this.#headers(metadataOnly === true ? asMetadata : json),
      signal,
      isLongRunning: true,
    });
    if (response.status >= 400) throw failureOf(response.status, await readBody(response));
    try {
      yield* watchEvents(response.body);
    } catch (error) {
      if (signal.aborted) return;
      throw isApiError(error) ? error : serviceUnavailable("the watch was cut off", 1);
    }
  }

  create(resource: ResourceRef, object: KubeObject, options: WriteOptions = {}): Promise<WriteResult> {
    const { namespace } = object.metadata;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace }, writeQuery(options));
    return this.#write({ method: "POST", path, body: object }, options);
  }

  update(resource: ResourceRef, object: KubeObject, options: Write = {}): Promise<WriteResult> {
    const path = resourcePath(resource, target(object, options), writeQuery(options));
    return this.#write({ method: "PUT", path, body: object }, options);
  }

  mergePatch(
    resource: ResourceRef,
    ref: ObjectRef,
    patch: object,
    options: Write = {},
  ): Promise<WriteResult> {
    const path = resourcePath(resource, { ...ref, ...subresourceOf(options) }, writeQuery(options));
    return this.#write({ method: "PATCH", path, body: patch, type: "application/merge-patch+json" }, options);
  }

  apply(
    resource: ResourceRef,
    object: KubeObject,
    options: ApplyOptions & { subresource?: string },
  ): Promise<WriteResult> {
    const query = { ...writeQuery(options), force: options.force === true };
    const path = resourcePath(resource, target(object, options), query);
    return this.#write(
      { method: "PATCH", path, body: object, type: "application/apply-patch+yaml" },
      options,
    );
  }

  async delete(resource: ResourceRef, ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
    const { dryRun, ...rest } = options;
    const body = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      ...rest,
      ...(dryRun === true ? { dryRun: ["All"] } : {}),
    };
    const response = await this.#send({
      method: "DELETE",
      path: resourcePath(resource, ref),
      headers: { ...this.#headers(json), "content-type": json },
      body: encode(body),
    });
    await readJson(response);
  }

  resolve(
    apiVersion: string,
    kind: string,
    options: { fresh?: boolean } = {},
  ): Promise<ResourceRef | undefined> {
    return this.#mapper.resolve(apiVersion, kind, options.fresh === true);
  }

  getRaw(path: string): Promise<JsonValue> {
    return this.#read(path, json);
  }

  async #page(resource: ResourceRef, options: ListOptions): Promise<ObjectList> {
    const { namespace, metadataOnly, ...query } = options;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace }, query);
    const list = await this.#read(path, metadataOnly === true ? asMetadataList : json);
    const items = isObject(list) && Array.isArray(list["items"]) ? list["items"] : [];
    const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
    return {
      items: items.map((item) => objectOf(withType(item, resource))),
      resourceVersion: text(getPath(list, "metadata", "resourceVersion")),
      continue: text(getPath(list, "metadata", "continue")),
    };
  }

  /** A GET, repeated when the server says "later": reads have no effect, so repeating them is safe. */
  async #read(path: string, accept: string): Promise<JsonValue> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readJson(await this.#send({ method: "GET", path, headers: this.#headers(accept) }));
      } catch (error) {
        const seconds =
          isApiError(error) && error.code === 429 ? (error.details?.retryAfterSeconds ?? 1) : undefined;
        if (seconds === undefined || attempt === readAttempts) throw error;
        await this.#sleep(seconds * 1000);
      }
    }
  }

  async #write(
    request: { method: "POST" | "PUT" | "PATCH"; path: string; body: object; type?: PatchType },
    options: WriteOptions,
  ): Promise<WriteResult> {
    const response = await this.#send({
      method: request.method,
      path: request.path,
      headers: { ...this.#headers(json), "content-type": request.type ?? json },
      body: encode(request.body),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { object: objectOf(await readJson(response)), warnings: warningsOf(response) };
  }

  async #send(request: TransportRequest): Promise<TransportResponse> {
    try {
      return await this.#options.transport.request(request);
    } catch (error) {
      if (isApiError(error) || request.signal?.aborted === true) throw error;
      throw serviceUnavailable(
        `the API server cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #headers(accept: string): Record<string, string> {
    return { accept, "user-agent": this.#options.userAgent };
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.setTimeout(resolve, ms));
  }
}

const encode = (body: object): Buffer => Buffer.from(encodeJson(body as JsonObject));

const subresourceOf = (options: Write): { subresource?: string } =>
  options.subresource === undefined ? {} : { subresource: options.subresource };

function target(
  object: KubeObject,
  options: Write,
): { namespace?: string; name: string; subresource?: string } {
  const { namespace, name } = object.metadata;
  return { ...(namespace === undefined ? {} : { namespace }), name: name ?? "", ...subresourceOf(options) };
}

function writeQuery(options: WriteOptions): Record<string, string | undefined> {
  return {
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    dryRun: options.dryRun === true ? "All" : undefined,
  };
}

/** Items of typed lists come without apiVersion and kind. */
function withType(item: JsonValue, resource: ResourceRef): JsonValue {
  return isObject(item) ? { apiVersion: apiVersionOf(resource), kind: resource.kind, ...item } : item;
}
