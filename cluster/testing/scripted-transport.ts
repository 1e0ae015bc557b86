import type { Transport, TransportRequest } from "../transport.ts";

export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is one chunk; bytes are cut as given. */
  readonly body: string | readonly Uint8Array[];
  /** The connection breaks after the body. */
  readonly breaks?: boolean;
}

/** A transport that answers by a script, one entry per request in order; asked for more it refuses the connection. */
export function scriptedTransport(script: readonly (Scripted | Error)[]): {
  readonly transport: Transport;
  readonly requests: readonly TransportRequest[];
} {
  const requests: TransportRequest[] = [];
  const transport: Transport = {
    async request(request) {
      const answer = script[requests.length] ?? new Error("connect ECONNREFUSED");
      requests.push(request);
      if (answer instanceof Error) throw answer;
      return { status: answer.status ?? 200, headers: answer.headers ?? {}, body: chunksOf(answer) };
    },
    close: async () => undefined,
  };
  return { transport, requests };
}

async function* chunksOf({ body, breaks }: Scripted): AsyncGenerator<Uint8Array> {
  if (typeof body === "string") yield Buffer.from(body);
  else yield* body;
  if (breaks === true) throw new Error("socket hang up");
}
