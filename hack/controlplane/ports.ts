import { randomInt } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below those a system gives to whoever asks for any port, and to outgoing connections. */
const lowest = 10_000;
const highest = 30_000;

/**
 * So many different ports of the loopback address on which nobody listens. They stay this process's until it ends: no
 * other caller is given them, in no process, whether or not something listens there meanwhile.
 */
export async function freePorts(
  count: number,
  draw: () => number = () => randomInt(lowest, highest),
): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = draw();
    if (await claim(port)) ports.push(port);
  }
  return ports;
}

/** What claims a port is a UDP socket of its number, which is in nobody's way and ends with the process. */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  if ((await isBound(socket, port)) && (await isFree(port))) {
    socket.unref();
    return true;
  }
  socket.close();
  return false;
}

function isBound(socket: Socket, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      answer(error, resolve, reject);
    });
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      answer(error, resolve, reject);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function answer(
  error: NodeJS.ErrnoException,
  resolve: (bound: boolean) => void,
  reject: (error: Error) => void,
): void {
  if (error.code === "EADDRINUSE") resolve(false);
  else reject(error);
}
