import { Agent, request } from "node:https";
import type { KeyPair } from "../../server/authn/pki.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** The little of a client that starting a control plane takes. Connections end with `close`. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #server: string;

  constructor(server: string, ca: string, credentials: KeyPair) {
    this.#server = server;
    this.#agent = new Agent({ ca, cert: credentials.cert, key: credentials.key, keepAlive: true });
  }

  send(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#server}${path}`,
        { method, agent: this.#agent, headers },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }

  /** Creates an object; one that is there already is fine. */
  async ensure(path: string, object: object): Promise<void> {
    const { status, body } = await this.send("POST", path, object);
    if (status >= 300 && status !== 409) throw new Error(`POST ${path} answered ${String(status)}: ${body}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}
