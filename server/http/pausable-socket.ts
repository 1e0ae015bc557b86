import type { Socket } from "node:net";

/**
 * Lets Node pause the reading of a connection whose client has not taken an answer yet, as it does when the next request
 * comes. Its parser reads TLS connections by itself, all records that came at once, and takes what follows a pause for an
 * error, which would answer a correct request with 400. With somebody else listening, data goes through the socket, which
 * keeps it meanwhile. That costs a little for each request, so only connections that are sent much are made so.
 */
export function makePausable(socket: Socket): void {
  if (!socket.listeners("data").includes(ignore)) socket.on("data", ignore);
}

const ignore = (): void => undefined;
