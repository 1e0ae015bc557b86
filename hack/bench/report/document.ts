/** The page about speed, written from the run that was kept. */
import type { Row } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { growthOf } from "./growth.ts";
import { fillFigures } from "./limits.ts";
import type { Judged, Told } from "./margins.ts";
import { judge, margins, nameOf, tell } from "./margins.ts";
import { grouped, short } from "./numbers.ts";
import type { Run } from "./run.ts";
import { busyMark, cellsOf, markdown, titleOf } from "./table.ts";

const sections: Readonly<Record<string, { readonly heading: string; readonly says: string }>> = {
  list: {
    heading: "LIST",
    says: "One request after the other on one connection. The first list of each form, for which ours encode what they then keep, is not counted.",
  },
  get: { heading: "GET", says: "One object after the other." },
  writes: {
    heading: "Writes",
    says: "Each is on disk before it is answered. Ours are admitted, rendered and, in the cluster, tried out there.",
  },
  parts: {
    heading: "What a write through the aggregator asks of the cluster",
    says: "What kube-apiserver says it was asked for by Hawsepipe for one CREATE, one at a time: how often, and the time these calls took together. Some of them run at once.",
  },
  watch: {
    heading: "WATCH",
    says: "Delay: from sending a write to having its event, over all watchers, at 10 writes per second. Events: delivered per second while 16 connections write as fast as they can; the p99 is their delay then.",
  },
  informers: {
    heading: "Informers",
    says: "Clients that start at once, until each has every object, streamed.",
  },
  webhook: {
    heading: "Webhooks",
    says: "Reviews per second on 16 connections. The bare server reads and parses the same bodies and answers a constant.",
  },
  reconcile: {
    heading: "From accepted to done",
    says: "From the answer to a request until the rendered Deployment is there, or is again as it was rendered, among as many other objects as are usual at most.",
  },
  start: {
    heading: "Start",
    says: "Of the built program, as the image holds it and `make run` starts it, from starting the process; restarts find the objects in the store. What is started is what is shipped, with compiled code kept from the start before.",
  },
  memory: {
    heading: "Memory",
    says: "Resident, of all processes of a server: the slope over the numbers of objects, and what each of 1,000 watchers adds.",
  },
  render: { heading: "Rendering", says: "One sample of each provider, the pure function by itself." },
  generation: {
    heading: "Llama Stack configuration",
    says: "The generation of a config.yaml by itself.",
  },
};

const intro = `What one would run instead is measured beside Hawsepipe, on the same machine, in the same run, in turn:

- _standalone_: Hawsepipe by itself on its embedded store;
- _aggregated_: Hawsepipe behind the aggregator of a kube-apiserver, with records in that cluster's etcd;
- _native_: the same kind, with the same schema, as a CRD of that kube-apiserver, called directly;
- _bare_: a Node TLS server that writes the same bytes and does nothing else, which is the limit.

etcd and the embedded store both have a write on disk before it is answered. Clients run in a process of their own and
speak HTTP/1.1 over TLS to all alike. What Hawsepipe does for a write and the native CRD does not: it selects a provider,
validates across fields, renders, and in a cluster tries what it rendered on the host. The first object is created through
the API; the others are its copies, put where the server keeps its objects, byte for byte as it would have written them.
With more than 10,000, what is behind the aggregator only serves, as all replicas but the leader do.
Ratios say how many times better the first is; they are what counts, for single figures depend on the machine and the
moment. Figures are medians of as many rounds as are told, in each of which every server does the same in turn; ± is half of
what lies between the worst and the best. ${busyMark} marks a figure during which the client used at least nine tenths of a processor:
it set the pace, and the server may be able to do more.`;

const repeat = `\`make bench\` measures all of this again on the machine it runs on and prints the tables; \`make bench ARGS="--only list,get
--sizes 1000"\` a part of it. With \`--json hack/bench/results.json\` the run is kept, and \`npm run generate\` writes this page
and \`hack/bench/baseline.json\` from it. \`make bench-check\` measures rates and processor time anew and fails where a ratio is
30 % worse than the baseline's, three times in a row. \`npm run node -- hack/bench/profile.ts FOLDER\` writes CPU and heap profiles of the same work.`;

/** The page as Markdown; `limits` is what is written by hand of margins that are not reached. */
export function performanceDocument(
  { machine, options, seconds, rows, failures }: Run,
  limits: ReadonlyMap<string, string>,
): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const judged = judge(rows);
  const reached = judged.filter(({ isReached }) => isReached).length;
  const all = margins.map((margin): Told & Partial<Judged> => {
    const told = tell(margin);
    return judged.find((one) => nameOf(one) === nameOf(told)) ?? told;
  });
  const flags = [
    `--sizes ${options.sizes.join(",")}`,
    `--rounds ${String(options.rounds)}`,
    ...(options.only.length === 0 ? [] : [`--only ${options.only.join(",")}`]),
    `--servers ${options.servers.join(",")}`,
  ];
  const measures = [...new Set(rows.map(({ measure }) => measure))];
  return [
    "# Performance",
    intro,
    `This page is written from a run of \`make bench\` on ${machine.date}: ${machine.processors}, ${String(machine.memoryGiB)} GiB,
Linux ${machine.kernel}, ${versions.join(", ")}; \`${flags.join(" ")}\`, ${grouped(seconds / 60)} minutes.`,
    ...failures.map(
      ({ measure, what, size, server, message }) =>
        `Failed: ${[measure, what, size, server].filter((part) => part !== undefined).join(", ")}: ${message.slice(0, 200)}`,
    ),
    "## What is wanted, and what was measured",
    `${String(reached)} of ${String(all.length)} are reached. Beside what was measured by the clock stands the same by processor
time, of all processes of a server, which suffers less from whatever else the machine does: the ratio, or what one operation
costs.`,
    markdown([
      ["", "", "wanted", "measured", "by processor time", "rounds", ""],
      ...all.map(({ says, between, wanted, measured, cpu = "", rounds, isReached }) => [
        says,
        between,
        wanted,
        measured ?? "not measured",
        cpu,
        rounds === undefined ? "" : String(rounds),
        isReached === undefined ? "" : isReached ? "reached" : "**not reached**",
      ]),
    ]),
    ...missed(judged, limits, rows),
    ...measures.flatMap((measure) => {
      const { heading, says } = sections[measure] ?? { heading: measure, says: "" };
      return [`## ${heading}`, says, markdown(cellsOf(rows.filter((row) => row.measure === measure)))];
    }),
    ...costs(rows),
    ...growth(rows),
    "## Measuring again",
    repeat,
    "",
  ].join("\n\n");
}

function missed(
  judged: readonly Judged[],
  limits: ReadonlyMap<string, string>,
  rows: readonly Row[],
): string[] {
  const not = judged.filter(({ isReached }) => !isReached);
  if (not.length === 0) return [];
  return [
    "## Where a margin is not reached",
    ...not.flatMap((one) => {
      const name = nameOf(one);
      const why = limits.get(name) ?? "";
      // A page that says that something is missed and not why is not made.
      if (why === "")
        throw new Error(`hack/bench/limits.md says nothing under "## ${name}", which the run missed`);
      return [`### ${name}`, fillFigures(why, rows)];
    }),
  ];
}

const measuredServers: readonly ServerName[] = ["standalone", "aggregated", "native", "bare"];

/** Processor time, which suffers less from whatever else a machine does. */
function costs(rows: readonly Row[]): string[] {
  const known = rows.filter(({ servers }) =>
    Object.values(servers).some(({ cpu, client }) => cpu !== undefined || client !== undefined),
  );
  if (known.length === 0) return [];
  const cell = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  return [
    "## Processor time and delays of the event loop",
    `Microseconds of processor time of all processes of a server for one request, event or object; how much of one processor
the client used meanwhile; and the p99 of how late a timer ran in Hawsepipe's event loop, in milliseconds.`,
    markdown([
      [
        "",
        ...measuredServers.flatMap((name) => [`${name} µs`, "client"]),
        "standalone loop",
        "aggregated loop",
      ],
      ...known.map((row) => [
        `${row.measure}: ${titleOf(row)}`,
        ...measuredServers.flatMap((name) => {
          const { cpu, client } = row.servers[name] ?? {};
          return [
            cpu === undefined ? "" : short(cpu),
            client === undefined ? "" : `${(client * 100).toFixed(0)} %`,
          ];
        }),
        cell(row.servers.standalone?.loopP99, 1),
        cell(row.servers.aggregated?.loopP99, 1),
      ]),
    ]),
  ];
}

function growth(rows: readonly Row[]): string[] {
  const found = growthOf(rows);
  if (found.length === 0) return [];
  return [
    "## Growth",
    `The time of one operation grows with the number of objects (watchers, deployments) to the power given, the bytes of its
answer likewise.`,
    markdown([
      ["", "", "sizes", "time", "bytes"],
      ...found.map(({ measure, what, server, sizes, time, bytes }) => [
        `${measure}: ${what}`,
        server,
        sizes.map(grouped).join(" "),
        time.toFixed(2),
        bytes?.toFixed(2) ?? "",
      ]),
    ]),
  ];
}
