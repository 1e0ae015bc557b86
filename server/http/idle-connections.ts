import type { Socket } from "node:net";

/** The part of Node's server that ends the connections nobody uses when it closes. */
export interface IdleCloser {
  closeIdleConnections(): void;
}

/**
 * Has a server that closes end its idle connections after what they still have to send. Node takes one for idle from when
 * it was given the end of its last answer, and would destroy it with all that the client has not taken by then.
 */
export function endIdleAfterSending(server: IdleCloser, sockets: ReadonlySet<Socket>): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    const sending = [...sockets].filter(({ writableLength }) => writableLength > 0);
    // Which of them are idle only Node knows, and it tells by destroying them.
    for (const socket of sending) {
      socket.destroy = () => {
        Reflect.deleteProperty(socket, "destroy");
        socket.destroySoon();
        return socket;
      };
    }
    closeIdle();
    for (const socket of sending) Reflect.deleteProperty(socket, "destroy");
  };
}
