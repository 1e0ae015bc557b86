/** Registries that do what no registry should, on the loopback address. */
import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { KeyPair } from "../../server/authn/pki.ts";

/** What is sent for a path: a document, a status with headers, or whatever the test does itself. */
export type Answer =
  | Buffer
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface HostileRegistry {
  readonly host: string;
  /** By path without the query; HEAD is answered as GET is, without a body. */
  readonly answers: Map<string, Answer>;
  /** `METHOD path`, with ` as WHO` where a credential was shown. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A registry with a certificate, or without. */
export async function hostileRegistry(tls?: KeyPair): Promise<HostileRegistry> {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://registry");
    const { authorization } = request.headers;
    requests.push(
      `${request.method ?? ""} ${pathname}${authorization === undefined ? "" : ` as ${authorization}`}`,
    );
    const answer = answers.get(pathname) ?? { status: 404 };
    if (typeof answer === "function") {
      answer(request, response);
      return;
    }
    const {
      status = 200,
      headers = {},
      body = "",
    } = Buffer.isBuffer(answer) ? { headers: headersOf(answer), body: answer } : answer;
    response.writeHead(status, headers);
    response.end(request.method === "HEAD" ? undefined : body);
  };
  const server: Server & { closeAllConnections(): void } =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  return {
    ...(await listen(server, () => {
      server.closeAllConnections();
    })),
    answers,
    requests,
  };
}

/** Listens on a free port of the loopback address. */
export async function listen(
  server: Server,
  closeConnections: () => void,
): Promise<{ readonly host: string; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        closeConnections();
      }),
  };
}

export const sha256 = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`;

export const manifestType = "application/vnd.oci.image.manifest.v1+json";

function headersOf(body: Buffer): Record<string, string> {
  const isManifest = body.subarray(0, 200).includes("schemaVersion");
  return {
    "content-type": isManifest ? manifestType : "application/octet-stream",
    "docker-content-digest": sha256(body),
    "content-length": String(body.length),
  };
}

export interface PlacedImage {
  readonly name: string;
  readonly manifest: string;
  readonly config: string;
  readonly layers: readonly string[];
}

/** Puts an image into a registry, whole and right; what the test then changes is up to it. */
export function place(
  registry: HostileRegistry,
  {
    layers = [Buffer.alloc(1024)],
    manifest: more = {},
    labels = {},
  }: {
    readonly layers?: readonly Buffer[];
    readonly manifest?: object;
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): PlacedImage {
  const { answers, host } = registry;
  const at = "/v2/team/x";
  const blob = (body: Buffer): string => {
    answers.set(`${at}/blobs/${sha256(body)}`, body);
    return sha256(body);
  };
  const config = blob(Buffer.from(JSON.stringify({ os: "linux", config: { Labels: labels } })));
  const listed = layers.map((layer) => ({ digest: blob(layer), size: layer.length }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { digest: config },
      layers: listed,
      ...more,
    }),
  );
  answers.set(`${at}/manifests/1`, manifest);
  answers.set(`${at}/manifests/${sha256(manifest)}`, manifest);
  return {
    name: `${host}/team/x:1`,
    manifest: `${at}/manifests/${sha256(manifest)}`,
    config: `${at}/blobs/${config}`,
    layers: listed.map(({ digest }) => `${at}/blobs/${digest}`),
  };
}
