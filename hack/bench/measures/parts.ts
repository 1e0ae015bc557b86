import type { Bench } from "../bench.ts";
import { bodyOf, json, populate, settled } from "../population.ts";
import type { Row } from "../rows.ts";
import { summarize } from "../rows.ts";
import { readMetrics } from "../servers/metrics.ts";
import type { Server } from "../servers/server.ts";
import { collectionOf } from "../servers/server.ts";
import type { Measure } from "./measure.ts";

/** What a CREATE through the aggregator asks of the cluster, by kube-apiserver's own account: how often, and how long. */
export const parts: Measure = {
  name: "parts",
  seconds: 20,
  async run(bench, { size, isFirst }) {
    if (!isFirst) return;
    const servers = await bench.serversOf(["aggregated"]);
    await populate(bench, servers, size);
    for (const server of servers) await partsOf(bench, server);
  },
};

async function partsOf(bench: Bench, server: Server): Promise<void> {
  const count = bench.options.quick ? 10 : 100;
  const path = collectionOf(server, "bench-{n}");
  const job = { requests: count, connections: 1 } as const;
  const create = (name: string): ReturnType<Bench["requests"]> =>
    bench.requests(server, { ...job, method: "POST", path, headers: json, body: bodyOf(server, name) });
  const remove = (name: string): ReturnType<Bench["requests"]> =>
    bench.requests(server, { ...job, method: "DELETE", path: `${path}/${name}` });
  if (!bench.options.quick) {
    await create("warm-{i}");
    await settled(bench, server);
    await remove("warm-{i}");
    await settled(bench, server);
  }
  const before = callsOf(await readMetrics(server.target));
  const all = await create("part-{i}");
  const after = callsOf(await readMetrics(server.target));
  const add = (
    what: string,
    figures: { value: number; p99?: number; times?: number; cpu?: number },
  ): void => {
    const servers: Row["servers"] = { aggregated: summarize([figures]) };
    bench.add({ measure: "parts", what, unit: "ms", servers });
  };
  const { p99 = 0, cpu = 0, value } = all;
  add("the whole CREATE", { value: 1000 / value, p99, cpu, times: 1 });
  const found = [...after].map(([what, { calls, seconds }]) => {
    const earlier = before.get(what);
    return {
      what,
      times: (calls - (earlier?.calls ?? 0)) / count,
      value: ((seconds - (earlier?.seconds ?? 0)) / count) * 1000,
    };
  });
  for (const { what, ...figures } of found.sort((a, b) => b.value - a.value)) {
    // What others ask now and then is no part of it; the request itself comes through the aggregator.
    if (figures.times >= 0.2 && what !== "POST modeldeployments") add(what, figures);
  }
  await settled(bench, server);
  await remove("part-{i}");
  await settled(bench, server);
}

interface Calls {
  readonly calls: number;
  readonly seconds: number;
}

const series = /^apiserver_request_duration_seconds_(sum|count)\{(.*)\}$/;

/** Requests that kube-apiserver has answered, by verb and resource. */
export function callsOf(metrics: ReadonlyMap<string, number>): ReadonlyMap<string, Calls> {
  const found = new Map<string, Calls>();
  for (const [name, value] of metrics) {
    const [, field, labels = ""] = series.exec(name) ?? [];
    if (field === undefined) continue;
    const label = (key: string): string => new RegExp(`(?:^|,)${key}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const verb = label("verb");
    if (verb === "WATCH" || verb === "CONNECT") continue;
    const part = label("subresource");
    const resource = `${label("resource")}${part === "" ? "" : `/${part}`}`;
    const what = `${verb} ${resource}${label("dry_run") === "" ? "" : ", dry run"}`;
    const { calls, seconds } = found.get(what) ?? { calls: 0, seconds: 0 };
    found.set(
      what,
      field === "count" ? { calls: calls + value, seconds } : { calls, seconds: seconds + value },
    );
  }
  return found;
}
