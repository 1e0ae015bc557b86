/**
 * What a Service does for its endpoints: a port that leads new connections to one of the backends in turn, and to
 * another one when nobody listens there. Connections that are open stay where they are.
 */
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface Balancer {
  /** Which ports of this machine are led to from now on. */
  use(ports: readonly number[]): void;
  close(): Promise<void>;
}

/** Listens on a port of the loopback address. */
export async function startBalancer(port: number): Promise<Balancer> {
  let backends: readonly number[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };

  const lead = (client: Socket, candidates: readonly number[]): void => {
    const [first, ...others] = candidates;
    if (first === undefined) {
      client.destroy();
      return;
    }
    const backend = connect(first, "127.0.0.1");
    keep(backend);
    const refused = (): void => {
      lead(client, others);
    };
    backend.once("error", refused);
    backend.once("connect", () => {
      backend.off("error", refused);
      const end = (): void => {
        client.destroy();
        backend.destroy();
      };
      for (const socket of [client, backend]) socket.once("error", end).once("close", end);
      client.pipe(backend).pipe(client);
    });
  };

  const server = createServer((client) => {
    keep(client);
    // Until it is led somewhere; an error is followed by a close anyway.
    client.on("error", () => client.destroy());
    turn += 1;
    const at = backends.length === 0 ? 0 : turn % backends.length;
    lead(client, [...backends.slice(at), ...backends.slice(0, at)]);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    use: (ports) => {
      backends = ports;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
