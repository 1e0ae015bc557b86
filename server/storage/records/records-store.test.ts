import { afterAll } from "vitest";
import type { Clock } from "../../../machinery/clock.ts";
import { realClock } from "../../../machinery/clock.ts";
import { storeSuite } from "../testing/store-suite.ts";
import type { Host } from "./testing/host.ts";
import { openHost } from "./testing/host.ts";

// On a slow host reads write marks, so revisions have gaps, as they have in any cluster. The suite counts them, and the
// machine it runs on may be busy.
const timeless: Clock = { ...realClock(), now: () => new Date(0) };

const hosts: Host[] = [];
afterAll(async () => {
  for (const host of hosts) await host.close();
});

storeSuite("records", {
  async open() {
    const host = await openHost();
    hosts.push(host);
    return host.open(host.client, timeless);
  },
});
