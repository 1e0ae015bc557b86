import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { busySince } from "./busy.ts";
import { encodeRequest } from "./connection.ts";
import type { InformersJob, InformersResult } from "./jobs.ts";
import { openConnections } from "./requests.ts";

const mark = Buffer.from("k8s.io/initial-events-end");

/** Starts the informers at once; resolves when each has the present state, or time is up. */
export async function runInformers(job: InformersJob): Promise<InformersResult> {
  const query =
    "watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=";
  const connections = await openConnections(job.target, job.informers);
  const over = new AbortController();
  let bytes = 0;
  const begun = performance.now();
  const busy = busySince();
  try {
    const everybody = Promise.all(
      connections.map(
        (connection) =>
          new Promise<void>((resolve) => {
            let end: Buffer = Buffer.alloc(0);
            const request = encodeRequest("GET", `${job.path}?${query}`, { accept: "application/json" });
            connection.follow(request, {
              body: (slice) => {
                bytes += slice.length;
                // The mark may be cut in two.
                const start = Buffer.concat([end, slice.subarray(0, mark.length)]);
                if (slice.includes(mark) || start.includes(mark)) resolve();
                end = Buffer.from(slice.subarray(-mark.length));
              },
            });
          }),
      ),
    );
    const isOver = await Promise.race([
      everybody.then(() => true),
      delay(job.seconds * 1000, false, { signal: over.signal }),
    ]);
    return { seconds: (performance.now() - begun) / 1000, bytes, client: busy(), isOver };
  } finally {
    over.abort();
    for (const connection of connections) connection.close();
  }
}
