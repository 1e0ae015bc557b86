/**
 * The one implementation of Client: shapes Kubernetes requests for a Transport and reads the answers. Knows no kind.
 */
import { isApiError } from "../api/errors/api-error.ts";
import { serviceUnavailable } from "../api/errors/catalogue.ts";
import type { KubeObject } from "../api/meta/types.ts";
import { apiVersionOf } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import { encodeOrdered } from "../machinery/json/encode.ts";
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
import { sendPatiently } from "./patient-send.ts";
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
    const first = await this.#page(resource, { ...options, limit: pageSize });
    const { resourceVersion } = first;
    const items = [...first.items];
    const { resourceVersion: _first, ...rest } = options;
    try {
      for (let page = first; page.continue !== ""; items.push(...page.items)) {
        page = await this.#page(resource, { ...rest, limit: pageSize, continue: page.continue });
      }
    } catch (error) {
      // The state the pages come from is compacted away. A token for the rest as it is now would mix two states.
      if (isApiError(error, "Expired")) return this.#page(resource, options);
      throw error;
    }
    return { items, resourceVersion, continue: "" };
  }

  async *watch(resource: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const { namespace, signal, sendInitialEvents, metadataOnly, onOpen, ...rest } = options;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace }, {
      ...rest,
      watch: true,
      allowWatchBookmarks: true,
      ...(sendInitialEvents === true ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {}),
    });
    const request: TransportRequest = {
      method: "GET",
      path,
      headers: this.#headers(metadataOnly === true ? asMetadata : json),
      signal,
      isLongRunning: true,
    };
    const response = await reaching(request, async () => {
      const opened = await this.#send(request);
      if (opened.status >= 400) throw failureOf(opened, await readBody(opened));
      return opened;
    });
    onOpen?.();
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
    await this.#ask({
      method: "DELETE",
      path: resourcePath(resource, ref),
      headers: { ...this.#headers(json), "content-type": json },
      body: encode(body),
    });
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
    const { namespace, metadataOnly, signal, ...query } = options;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace }, query);
    const list = await this.#read(path, metadataOnly === true ? asMetadataList : json, signal);
    const items = isObject(list) && Array.isArray(list["items"]) ? list["items"] : [];
    const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
    return {
      items: items.map((item) => objectOf(withType(item, resource))),
      resourceVersion: text(getPath(list, "metadata", "resourceVersion")),
      continue: text(getPath(list, "metadata", "continue")),
    };
  }

  async #read(path: string, accept: string, signal?: AbortSignal): Promise<JsonValue> {
    const headers = this.#headers(accept);
    const request = { method: "GET", path, headers, ...(signal === undefined ? {} : { signal }) } as const;
    return (await this.#ask(request)).answer;
  }

  async #write(
    request: { method: "POST" | "PUT" | "PATCH"; path: string; body: object; type?: PatchType },
    options: WriteOptions,
  ): Promise<WriteResult> {
    const { response, answer } = await this.#ask({
      method: request.method,
      path: request.path,
      headers: {
        ...this.#headers(options.answersMetadata === true ? asMetadata : json),
        "content-type": request.type ?? json,
      },
      body: encode(request.body),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { object: objectOf(answer), warnings: warningsOf(response) };
  }

  /** Sends a request and reads its answer to the end. */
  #ask(request: TransportRequest): Promise<{ response: TransportResponse; answer: JsonValue }> {
    return reaching(request, async () => {
      const response = await this.#send(request);
      return { response, answer: await readJson(response) };
    });
  }

  #send(request: TransportRequest): Promise<TransportResponse> {
    return sendPatiently(this.#options.transport, request, this.#options.clock);
  }

  #headers(accept: string): Record<string, string> {
    return { accept, "user-agent": this.#options.userAgent };
  }
}

/** What goes wrong on the way is told apart from what the server answered. */
async function reaching<T>({ signal }: TransportRequest, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isApiError(error) || signal?.aborted === true) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw serviceUnavailable(`the API server cannot be reached: ${why}`);
  }
}

/** Whoever reads it makes nothing of the order of keys, so none is made. */
const encode = (body: object): Buffer => Buffer.from(encodeOrdered(body as JsonObject));

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
