/**
 * A real registry on the loopback address, and images in it: a configuration with labels, layers packed by tar, a
 * manifest, and an index over several platforms.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { freePorts } from "../../hack/controlplane/ports.ts";
import { Program } from "../../hack/controlplane/process.ts";
import { programFolders, requireProgram } from "../../hack/controlplane/programs.ts";
import { realClock } from "../../machinery/clock.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { KeyPair } from "../../server/authn/pki.ts";
import { Pki } from "../../server/authn/pki.ts";

/** Where a registry keeps its files, and the certificate it serves with. */
export interface RegistryPlace {
  readonly directory: string;
  /** PEM of the authority. */
  readonly ca: string;
  readonly serving: KeyPair;
}

/** A place with an authority of its own. */
export async function registryPlace(): Promise<RegistryPlace> {
  const directory = mkdtempSync(path.join(tmpdir(), "registry-"));
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1", "localhost"] });
  return { directory, ca: pki.ca.cert, serving: await pki.serving() };
}

export interface RegistryOptions {
  /** Of the registry's own configuration: `auth`, for instance. */
  readonly config?: JsonObject;
  readonly insecure?: boolean;
  /** Sent with what is pushed. */
  readonly authorization?: (repository: string) => string;
}

export interface LabelledImage {
  readonly repository: string;
  readonly tag: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Files of its only layer. */
  readonly files?: Readonly<Record<string, string>>;
  readonly packedWith?: "gzip" | "zstd" | "nothing";
}

export interface PushedImage {
  readonly digest: string;
  readonly layer: { readonly digest: string; readonly diffId: string };
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

const sha256 = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`;

export class TestRegistry {
  /** Host and port, as they stand in names of images. */
  readonly host: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  readonly #directory: string;
  readonly #program: Program;
  readonly #options: RegistryOptions;
  readonly #agent: Agent;

  private constructor(
    directory: string,
    program: Program,
    where: { host: string; ca: string },
    options: RegistryOptions,
  ) {
    this.host = where.host;
    this.ca = where.ca;
    this.#directory = directory;
    this.#program = program;
    this.#options = options;
    this.#agent = new Agent({ connect: { ca: where.ca } });
  }

  static async start(place: RegistryPlace, options: RegistryOptions = {}): Promise<TestRegistry> {
    const { directory, ca } = place;
    const [port = 0] = await freePorts(1);
    const host = `127.0.0.1:${port}`;
    const tls: JsonObject = {
      certificate: path.join(directory, "serving.crt"),
      key: path.join(directory, "serving.key"),
    };
    const config: JsonObject = {
      version: "0.1",
      log: { accesslog: { disabled: false }, level: "error" },
      storage: { inmemory: {} },
      http: { addr: host, ...(options.insecure === true ? {} : { tls }) },
      ...options.config,
    };
    const file = path.join(directory, "config.yml");
    writeFileSync(file, encodeYaml(config));
    const binary = requireProgram("registry", programFolders(process.env));
    const log = path.join(directory, "registry.log");
    const program = Program.start("registry", binary, ["serve", file], log);
    const registry = new TestRegistry(directory, program, { host, ca }, options);
    await registry.#answers();
    return registry;
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { statusCode, body } = await this.#send("GET", "/v2/");
        await body.dump();
        if (statusCode === 200 || statusCode === 401) return;
      } catch (error) {
        if (!this.#program.isRunning || attempt > 1200)
          throw new Error(this.#program.tail(), { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #send(
    method: Dispatcher.HttpMethod,
    url: string,
    body?: Buffer,
    type?: string,
  ): Promise<Dispatcher.ResponseData> {
    const { insecure, authorization } = this.#options;
    const origin = `${insecure === true ? "http" : "https"}://${this.host}`;
    const repository = /^\/v2\/(.+?)\/(?:blobs|manifests)\//.exec(new URL(url, origin).pathname)?.[1];
    return request(new URL(url, origin), {
      method,
      headers: {
        ...(type === undefined ? {} : { "content-type": type }),
        ...(authorization === undefined || repository === undefined
          ? {}
          : { authorization: authorization(repository) }),
      },
      body: body ?? null,
      dispatcher: this.#agent,
    });
  }

  async #expect(status: number, answer: Promise<Dispatcher.ResponseData>): Promise<Dispatcher.ResponseData> {
    const response = await answer;
    const text = await response.body.text();
    if (response.statusCode !== status) throw new Error(`status ${response.statusCode}: ${text}`);
    return response;
  }

  async #pushBlob(repository: string, body: Buffer): Promise<string> {
    const digest = sha256(body);
    const opened = await this.#expect(202, this.#send("POST", `/v2/${repository}/blobs/uploads/`));
    const location = new URL(String(opened.headers["location"]), `https://${this.host}`);
    location.searchParams.set("digest", digest);
    const where = `${location.pathname}${location.search}`;
    await this.#expect(201, this.#send("PUT", where, body, "application/octet-stream"));
    return digest;
  }

  async #pushManifest(
    repository: string,
    reference: string,
    manifest: JsonObject,
    type: string,
  ): Promise<string> {
    const body = Buffer.from(JSON.stringify(manifest));
    await this.#expect(201, this.#send("PUT", `/v2/${repository}/manifests/${reference}`, body, type));
    return sha256(body);
  }

  /** Pushes an image for one platform; its layer is known before its labels are. */
  async push(
    image: Omit<LabelledImage, "labels"> & {
      readonly labels?: LabelledImage["labels"] | ((layer: PushedImage["layer"]) => LabelledImage["labels"]);
    },
  ): Promise<PushedImage> {
    const { repository, files = { "etc/empty": "" } } = image;
    const archive = this.#tar(files);
    const packed = { gzip: gzipSync, zstd: zstdCompressSync, nothing: (bytes: Buffer) => bytes }[
      image.packedWith ?? "gzip"
    ](archive);
    const layer = { digest: await this.#pushBlob(repository, packed), diffId: sha256(archive) };
    const labels = typeof image.labels === "function" ? image.labels(layer) : image.labels;
    const config = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: { Labels: labels ?? null },
        rootfs: { type: "layers", diff_ids: [layer.diffId] },
      }),
    );
    const manifest: JsonObject = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: await this.#pushBlob(repository, config),
        size: config.length,
      },
      layers: [
        {
          mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
          digest: layer.digest,
          size: packed.length,
        },
      ],
    };
    const digest = await this.#pushManifest(repository, image.tag, manifest, manifestType);
    return { digest, layer };
  }

  /** Pushes an index over images that are there already, by digest. */
  async pushIndex(
    { repository, tag }: { readonly repository: string; readonly tag: string },
    platforms: readonly { readonly digest: string; readonly os: string; readonly architecture: string }[],
  ): Promise<string> {
    const manifests = platforms.map(({ digest, os, architecture }): JsonObject => ({
      mediaType: manifestType,
      digest,
      size: 1,
      platform: { os, architecture },
    }));
    return this.#pushManifest(
      repository,
      tag,
      { schemaVersion: 2, mediaType: indexType, manifests },
      indexType,
    );
  }

  #tar(files: Readonly<Record<string, string>>): Buffer {
    const root = mkdtempSync(path.join(this.#directory, "layer-"));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    // The same files are the same layer, whenever they are packed.
    const packing = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    const { status, stdout, stderr } = spawnSync("tar", ["-c", ...packing, "-C", root, "."], {
      maxBuffer: 256 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(stderr.toString());
    return stdout;
  }

  /** The requests it has answered so far, as `METHOD path`. */
  requests(): readonly string[] {
    return [...readFileSync(this.#program.log, "utf8").matchAll(/"(GET|HEAD|POST|PUT) (\S+) HTTP/g)].map(
      ([, method = "", url = ""]) => `${method} ${url}`,
    );
  }

  /** Ends it; what was in it is gone. */
  async stop(): Promise<void> {
    await this.#agent.destroy();
    await this.#program.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
