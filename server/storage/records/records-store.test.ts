import { afterAll } from "vitest";
import { storeSuite } from "../testing/store-suite.ts";
import type { Host } from "./testing/host.ts";
import { openHost } from "./testing/host.ts";

const hosts: Host[] = [];
afterAll(async () => {
  for (const host of hosts) await host.close();
});

storeSuite("records", {
  async open() {
    const host = await openHost();
    hosts.push(host);
    return host.open();
  },
});
