/**
 * Measures a standalone server beside a bare Node TLS server that writes the same bytes, in one run, interleaved, on
 * this machine. Ratios are what counts; single figures depend on the machine and the moment.
 *
 * usage: npm run bench -- [--objects N] [--rounds N] [--json FILE]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { realClock } from "../../machinery/clock.ts";
import { Pki } from "../../server/authn/pki.ts";
import { targetOf } from "../../test/support/client.ts";
import { aDeployment } from "../../test/support/objects.ts";
import {
  removeDirectory,
  repository,
  startStandalone,
  temporaryDirectory,
} from "../../test/support/standalone.ts";
import type { BareServerSetup } from "./bare-server.ts";
import type { Job, JobResult, Target } from "./job.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "3000" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});
const objects = Number(values.objects);
const rounds = Number(values.rounds);

const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments";
const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function load(job: Job): JobResult {
  const child = spawnSync(process.execPath, [path.join(repository, "hack/bench/load.ts")], {
    input: JSON.stringify(job),
    maxBuffer: 16 * 1024 * 1024,
    timeout: 300_000,
  });
  if (child.status !== 0) throw new Error(`the load generator failed: ${child.stderr.toString()}`);
  const result = JSON.parse(child.stdout.toString()) as JobResult;
  if (result.failures > 0)
    throw new Error(`${String(result.failures)} requests failed, the first: ${result.firstFailure ?? ""}`);
  return result;
}

async function startBare(bodies: Record<string, string>): Promise<{ target: Target; stop(): void }> {
  const directory = temporaryDirectory();
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1"] });
  const { key, cert } = await pki.serving();
  const setup: BareServerSetup = { key, cert, bodies };
  const child = spawn(process.execPath, [path.join(repository, "hack/bench/bare-server.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write(`${JSON.stringify(setup)}\n`);
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => {
      resolve(chunk.toString().trim());
    });
    child.once("exit", () => {
      reject(new Error("the bare server ended"));
    });
  });
  return {
    target: { origin, ca: pki.ca.cert },
    stop: () => {
      child.stdin.end();
      removeDirectory(directory);
    },
  };
}

/** The answer to one GET, kept in a file for the bare server. */
function capture(target: Target, url: string, file: string, accept = "application/json"): number {
  const script = `
    const { request } = require("node:https"); const fs = require("node:fs");
    const { target, url, file, accept } = JSON.parse(fs.readFileSync(0, "utf8"));
    request(target.origin + url, { ...target, headers: { accept } }, (r) => r.pipe(fs.createWriteStream(file))).end();`;
  execFileSync(process.execPath, ["-e", script], { input: JSON.stringify({ target, url, file, accept }) });
  return readFileSync(file).length;
}

function residentMiB(pid: number | undefined): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  return Number(line?.[1] ?? 0) / 1024;
}

interface Row {
  readonly what: string;
  readonly ours: readonly JobResult[];
  readonly bare?: readonly JobResult[];
}

const format = (n: number): string => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

function print(rows: readonly Row[]): void {
  const table = rows.map(({ what, ours, bare }) => {
    const rate = median(ours.map((r) => r.perSecond));
    const limit = bare === undefined ? undefined : median(bare.map((r) => r.perSecond));
    return [
      what,
      format(rate),
      format(median(ours.map((r) => r.median))),
      format(median(ours.map((r) => r.p99))),
      limit === undefined ? "" : format(limit),
      limit === undefined ? "" : format(rate / limit),
    ];
  });
  const header = ["", "requests/s", "median ms", "p99 ms", "bare server /s", "ours/bare"];
  const widths = header.map((h, i) => Math.max(h.length, ...table.map((row) => (row[i] ?? "").length)));
  for (const row of [header, ...table]) {
    console.log(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    );
  }
}

const start = performance.now();
const server = await startStandalone();
const coldStart = performance.now() - start;
const rssEmpty = residentMiB(server.process.pid);
const target = targetOf(server.kubeconfig);
const scratch = temporaryDirectory();
try {
  console.error(`creating ${String(objects)} objects…`);
  const body = JSON.stringify({ ...aDeployment("x"), metadata: { name: "bench-{i}" } });
  const json = { "content-type": "application/json" };
  const create = load({
    target,
    method: "POST",
    path: collection,
    headers: json,
    body,
    requests: objects,
    connections: 16,
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));

  const listFile = path.join(scratch, "list.json");
  const pageFile = path.join(scratch, "page.json");
  const tableFile = path.join(scratch, "table.json");
  const objectFile = path.join(scratch, "object.json");
  const listBytes = capture(target, collection, listFile);
  capture(target, `${collection}?limit=500`, pageFile);
  capture(target, collection, tableFile, tableAccept);
  capture(target, `${collection}/bench-0`, objectFile);
  const bare = await startBare({
    "/list": listFile,
    "/page": pageFile,
    "/table": tableFile,
    "/object": objectFile,
  });

  const pairs: readonly { what: string; ours: Job; bare: Job }[] = [
    ...(
      [
        ["LIST", collection, "/list", undefined],
        ["LIST limit=500", `${collection}?limit=500`, "/page", undefined],
        ["LIST as Table", collection, "/table", tableAccept],
      ] as const
    ).map(([what, url, barePath, accept]) => {
      const common = { method: "GET" as const, requests: 20, connections: 1 };
      const headers = { accept: accept ?? "application/json" };
      return {
        what,
        ours: { ...common, target, path: url, headers },
        bare: { ...common, target: bare.target, path: barePath },
      };
    }),
    {
      what: "GET",
      ours: {
        target,
        method: "GET",
        path: `${collection}/bench-{i}`,
        modulo: objects,
        requests: 10_000,
        connections: 16,
      },
      bare: { target: bare.target, method: "GET", path: "/object", requests: 10_000, connections: 16 },
    },
  ];
  const results = pairs.map(() => ({ ours: [] as JobResult[], bare: [] as JobResult[] }));
  const patches: JobResult[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    console.error(round === 0 ? "warming up…" : `round ${String(round)} of ${String(rounds)}…`);
    for (const [i, pair] of pairs.entries()) {
      const ours = load(pair.ours);
      const limit = load(pair.bare);
      if (round > 0) {
        results[i]?.ours.push(ours);
        results[i]?.bare.push(limit);
      }
    }
    const label = createHash("sha1").update(String(round)).digest("hex").slice(0, 8);
    const patch = load({
      target,
      method: "PATCH",
      path: `${collection}/bench-{i}`,
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ metadata: { labels: { bench: label } } }),
      modulo: objects,
      requests: 2000,
      connections: 16,
    });
    if (round > 0) patches.push(patch);
  }
  bare.stop();

  const rows: Row[] = [
    ...pairs.map(({ what }, i) => ({ what, ours: results[i]?.ours ?? [], bare: results[i]?.bare ?? [] })),
    { what: "CREATE (16 connections)", ours: [create] },
    { what: "merge PATCH (16 connections)", ours: patches },
  ];
  const machine = `${String(cpus().length)} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`;
  console.log(
    `\n${String(objects)} ModelDeployments, LIST of ${format(listBytes / 1024 / 1024)} MiB; ${machine}`,
  );
  console.log(
    `medians of ${String(rounds)} rounds; both servers in the same run, clients in a process of their own\n`,
  );
  print(rows);
  const rss = residentMiB(server.process.pid);
  console.log(
    `\nRSS ${format(rssEmpty)} MiB empty, ${format(rss)} MiB at the end; cold start to ready ${format(coldStart)} ms`,
  );
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      JSON.stringify({ machine, objects, rounds, coldStart, rssEmpty, rss, rows }, null, 2),
    );
  }
} finally {
  await server.stop();
  removeDirectory(server.dataDir);
  removeDirectory(scratch);
}
