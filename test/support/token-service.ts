/** A token service for a registry: gives whoever shows the right user and password a token for what he asks for. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { KeyPair } from "../../server/authn/pki.ts";

export class TokenService {
  readonly #key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #server: Server;
  readonly #kid: string;
  /** What it was asked: `service repository:name:actions`, with the user in front. */
  readonly asked: string[] = [];

  constructor(tls: KeyPair, user: { readonly name: string; readonly password: string }) {
    const { n = "", e = "" } = this.#key.publicKey.export({ format: "jwk" });
    this.#kid = createHash("sha256").update(`${e}.${n}`).digest("base64url");
    this.#server = createServer(tls, (request, response) => {
      const url = new URL(request.url ?? "/", "https://token.example");
      const [scope = "", service = ""] = [url.searchParams.get("scope"), url.searchParams.get("service")].map(
        (value) => value ?? "",
      );
      const shown = (request.headers.authorization ?? "").replace("Basic ", "");
      const [name = "", password = ""] = Buffer.from(shown, "base64").toString().split(":");
      this.asked.push(`${name} ${service} ${scope}`);
      const isKnown = name === user.name && password === user.password;
      response.statusCode = isKnown ? 200 : 401;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(isKnown ? { token: this.#token(scope), expires_in: 300 } : {}));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
  }

  /** Host and port. */
  get host(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${String(port)}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The `auth` of a registry that believes this service; its keys go into the file. */
  auth(jwks: string): JsonObject {
    const jwk = {
      ...this.#key.publicKey.export({ format: "jwk" }),
      kid: this.#kid,
      use: "sig",
      alg: "RS256",
    };
    writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
    return {
      token: {
        realm: `https://${this.host}/token`,
        service: "test-registry",
        issuer: "test-issuer",
        jwks,
      },
    };
  }

  /** Leave to push and pull, for the test itself. */
  allow(repository: string): string {
    return `Bearer ${this.#token(`repository:${repository}:pull,push`)}`;
  }

  #token(scope: string): string {
    const [type = "", name = "", actions = ""] = scope.split(":");
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = {
      iss: "test-issuer",
      aud: ["test-registry"],
      sub: "test",
      exp: now + 300,
      nbf: now - 30,
      iat: now,
      jti: randomUUID(),
      access: [{ type, name, actions: actions.split(",") }],
    };
    const text = `${part({ alg: "RS256", typ: "JWT", kid: this.#kid })}.${part(claims)}`;
    return `${text}.${createSign("RSA-SHA256").update(text).sign(this.#key.privateKey).toString("base64url")}`;
  }
}
