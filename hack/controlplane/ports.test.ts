import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePorts } from "./ports.ts";

const servers: ReturnType<typeof createServer>[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

const listen = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    servers.push(server);
    server.listen(port, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });

describe("free ports", () => {
  test("are different ones, on which one can listen", async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    for (const port of ports) expect(await listen(port)).toBe(port);
  });

  test("are none that somebody listens on", async () => {
    const taken = await listen(0);
    expect(await drawn([taken])).not.toBe(taken);
  });

  test("are given to one only, though nobody listens there", async () => {
    const [first = 0] = await freePorts(1);
    expect(await drawn([first, first])).not.toBe(first);
  });

  /** The port that is given where these are drawn first. */
  async function drawn(draws: number[]): Promise<number | undefined> {
    const [port] = await freePorts(1, () => draws.shift() ?? randomInt(10_000, 30_000));
    expect(draws).toEqual([]);
    return port;
  }
});
