/**
 * GET of a collection with `watch`: the changes of the selected objects as they are committed, each once, in order of
 * revision. Where it starts is the client's choice: at a revision, now, or with the present state as initial events.
 */
import { serviceUnavailable } from "../../api/errors/catalogue.ts";
import type { ListOptions } from "../handlers/list-options.ts";
import { listOptions } from "../handlers/list-options.ts";
import { requestedVersion } from "../handlers/resource-version.ts";
import type { Scope } from "../handlers/scope.ts";
import type { StreamResponse, StreamSink } from "../http/api-request.ts";
import { contentTypeOf } from "../negotiation/accept.ts";
import { formOf } from "../printers/respond.ts";
import { includeObjectOf } from "../printers/table.ts";
import { isStorageError } from "../storage/store.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { FrameEncoder } from "./frames.ts";
import { frameEncoder } from "./frames.ts";
import { protobufFrames } from "./protobuf-frames.ts";
import { WatchSession } from "./session.ts";

const streamType = `${contentTypeOf("protobuf")};stream=watch`;

/** Where a watch begins. */
export type WatchStart =
  | { readonly kind: "state"; readonly atLeast: number | bigint }
  | { readonly kind: "revision"; readonly after: number };

/** Answers a watch; what is wrong with the request is refused before the stream begins. */
export async function handleWatch(scope: Scope): Promise<StreamResponse> {
  const { request, version, deps } = scope;
  const asked = listOptions(version, request.query, true, scope.name);
  const form = formOf(request, { isWatch: true });
  const options = asked.select();
  const include = form.transform?.kind === "Table" ? includeObjectOf(request.query) : "Metadata";
  const encoder =
    form.transform !== undefined && form.mediaType === "protobuf"
      ? protobufFrames(version, form.transform)
      : frameEncoder(version, form.transform, { include, now: () => deps.clock.now() });
  const start = startOf(options, await currentRevision(version.resource));
  return {
    status: 200,
    headers: { "Content-Type": form.mediaType === "protobuf" ? streamType : contentTypeOf(form.mediaType) },
    stream: (sink) => run(scope, { options, start, encoder }, sink),
  };
}

/**
 * What was committed when the request came. It is asked before the answer begins: a store that is away is an answer of
 * its own, not a stream that says nothing, and what the client writes once it has the headers comes after the start.
 */
async function currentRevision({ cache, gr }: Scope["version"]["resource"]): Promise<number> {
  try {
    return await cache.current();
  } catch (error) {
    throw translateStorageError(error, gr, "");
  }
}

function startOf(options: ListOptions, current: number): WatchStart {
  const { resourceVersion: text, sendInitialEvents } = options;
  const revision = text === "" ? 0 : requestedVersion(text);
  if (sendInitialEvents ?? revision === 0) return { kind: "state", atLeast: revision };
  return { kind: "revision", after: revision === 0 ? current : Number(revision) };
}

async function run(
  scope: Scope,
  watch: { readonly options: ListOptions; readonly start: WatchStart; readonly encoder: FrameEncoder },
  sink: StreamSink,
): Promise<void> {
  const { options } = watch;
  // kube-apiserver sometimes says first that the time is over, and mostly nothing.
  if ((options.timeoutSeconds ?? 0) < 0) return;
  const session = new WatchSession(scope, { ...watch, sink });
  try {
    await session.begin();
  } catch (error) {
    session.end();
    sink.write(watch.encoder.error(asWatchError(scope, error)));
    return;
  }
  await session.done;
}

function asWatchError(scope: Scope, error: unknown): unknown {
  if (isStorageError(error, "Unavailable")) return serviceUnavailable("the storage is not available");
  return translateStorageError(error, scope.version.resource.gr, "");
}
