/** The page about speed, written from the last run that was kept. */
import type { Row } from "../rows.ts";
import { growthOf } from "./growth.ts";
import { judge } from "./margins.ts";
import type { Run } from "./run.ts";
import { cellsOf, markdown } from "./table.ts";

const headings: Readonly<Record<string, string>> = {
  list: "LIST",
  get: "GET",
  writes: "Writes",
  watch: "WATCH",
  informers: "Informers",
  webhook: "Webhooks",
  reconcile: "From accepted to done",
  start: "Start",
  memory: "Memory",
  render: "Rendering",
  generation: "Llama Stack configuration",
};

const intro = `What one would run instead is measured beside Hawsepipe, on the same machine, in the same run, in turn:

- *standalone*: Hawsepipe by itself on its embedded store;
- *aggregated*: Hawsepipe behind the aggregator of a kube-apiserver, with records in that cluster's etcd;
- *native*: the same kind, with the same schema, as a CRD of that kube-apiserver, called directly;
- *bare*: a Node TLS server that writes the same bytes and does nothing else, which is the limit.

etcd and the embedded store both have a write on disk before it is answered. Clients run in a process of their own and
speak HTTP/1.1 over TLS to all alike. What Hawsepipe does for a write and the native CRD does not: it selects a provider,
validates across fields, renders, and tries what it rendered on the host. Ratios say how many times better the first is;
they are what counts, for single figures depend on the machine and the moment.`;

/** The page as Markdown. */
export function performanceDocument({ machine, options, rows }: Run): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const judged = judge(rows);
  const reached = judged.filter(({ isReached }) => isReached).length;
  const measures = [...new Set(rows.map(({ measure }) => measure))];
  return [
    "# Performance",
    "",
    intro,
    "",
    `This page is written from a run of \`make bench\` on ${machine.date}: ${machine.processors}, ${String(machine.memoryGiB)} GiB,`,
    `Linux ${machine.kernel}, ${versions.join(", ")}; medians of ${String(options.rounds)} rounds, sizes ${options.sizes.join(", ")}.`,
    "",
    "## What is wanted, and what was measured",
    "",
    `${String(reached)} of ${String(judged.length)} are reached.`,
    "",
    markdown([
      ["", "", "wanted", "measured", ""],
      ...judged.map(({ says, between, wanted, measured, isReached }) => [
        says,
        between,
        wanted,
        measured,
        isReached ? "reached" : "not reached",
      ]),
    ]),
    "",
    ...measures.flatMap((measure) => [
      `## ${headings[measure] ?? measure}`,
      "",
      markdown(cellsOf(rows.filter((row) => row.measure === measure))),
      "",
    ]),
    ...costs(rows),
    ...growth(rows),
  ].join("\n");
}

/** Processor time, which suffers less from whatever else a machine does. */
function costs(rows: readonly Row[]): string[] {
  const known = rows.filter(({ servers }) => Object.values(servers).some(({ cpu }) => cpu !== undefined));
  if (known.length === 0) return [];
  const names = ["standalone", "aggregated", "native", "bare"] as const;
  const cell = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  return [
    "## Processor time and delays of the event loop",
    "",
    "Microseconds of processor time of all processes of a server for one request, event or object; and the p99 of how late a",
    "timer ran in Hawsepipe's event loop meanwhile, in milliseconds.",
    "",
    markdown([
      ["", ...names.map((name) => `${name} µs`), "standalone loop", "aggregated loop"],
      ...known.map(({ measure, what, size, servers }) => [
        `${measure}: ${what}${size === undefined ? "" : `, ${String(size)}`}`,
        ...names.map((name) => cell(servers[name]?.cpu, 0)),
        cell(servers.standalone?.loopP99, 1),
        cell(servers.aggregated?.loopP99, 1),
      ]),
    ]),
    "",
  ];
}

function growth(rows: readonly Row[]): string[] {
  const found = growthOf(rows);
  if (found.length === 0) return [];
  return [
    "## Growth",
    "",
    "The time of one operation grows with the number of objects to the power given, the bytes of its answer likewise.",
    "",
    markdown([
      ["", "", "time", "bytes"],
      ...found.map(({ measure, what, server, time, bytes }) => [
        `${measure}: ${what}`,
        server,
        time.toFixed(2),
        bytes?.toFixed(2) ?? "",
      ]),
    ]),
    "",
  ];
}
