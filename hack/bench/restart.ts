/**
 * Measures a restart of a standalone server that holds many deployments: until it is ready, and until the reconciler has
 * looked at every one of them, with the processor time that took and the memory it holds then. Once after an orderly end
 * and once after `kill -9`.
 *
 * usage: npm run -s node -- hack/bench/restart.ts [--objects N]
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { cpus } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { targetOf } from "../../test/support/client.ts";
import { aDeployment } from "../../test/support/objects.ts";
import type { StandaloneServer } from "../../test/support/standalone.ts";
import {
  removeDirectory,
  repository,
  startStandalone,
  temporaryDirectory,
} from "../../test/support/standalone.ts";
import type { Job, JobResult, Target } from "./job.ts";

const { values } = parseArgs({ options: { objects: { type: "string", default: "10000" } } });
const objects = Number(values.objects);

/** What the server counts, by the whole name of the series. */
function metrics(target: Target): Promise<ReadonlyMap<string, number>> {
  const { origin, ...tls } = target;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${origin}/metrics`, { ...tls, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const lines = Buffer.concat(chunks).toString("utf8").split("\n");
        const series = lines.filter((line) => line !== "" && !line.startsWith("#"));
        resolve(
          new Map(
            series.map((line) => [
              line.slice(0, line.lastIndexOf(" ")),
              Number(line.slice(line.lastIndexOf(" "))),
            ]),
          ),
        );
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const passes = 'controller_runtime_reconcile_time_seconds_count{controller="modeldeployment"}';
const waiting = 'workqueue_depth{name="modeldeployment",controller="modeldeployment"}';

/** Until every deployment was looked at and none waits. */
async function reconciled(target: Target): Promise<void> {
  for (;;) {
    const now = await metrics(target);
    if ((now.get(passes) ?? 0) >= objects && now.get(waiting) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** User and system time, and what is resident, of a process. */
function used({ process: { pid } }: StandaloneServer): { seconds: number; mebibytes: number } {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  return {
    seconds: (Number(fields[11]) + Number(fields[12])) / 100,
    mebibytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024,
  };
}

function create(target: Target): JobResult {
  const job: Job = {
    target,
    method: "POST",
    path: "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...aDeployment("x"), metadata: { name: "bench-{i}" } }),
    requests: objects,
    connections: 16,
  };
  const child = spawnSync(process.execPath, [path.join(repository, "hack/bench/load.ts")], {
    input: JSON.stringify(job),
    maxBuffer: 16 * 1024 * 1024,
  });
  if (child.status !== 0) throw new Error(`the load generator failed: ${child.stderr.toString()}`);
  const result = JSON.parse(child.stdout.toString()) as JobResult;
  if (result.failures > 0) throw new Error(result.firstFailure);
  return result;
}

async function measure(what: string, dataDir: string): Promise<StandaloneServer> {
  const begun = performance.now();
  const since = (): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  const server = await startStandalone({ dataDir });
  const ready = `ready after ${since()} (${used(server).seconds.toFixed(1)} s of processor time)`;
  await reconciled(targetOf(server.kubeconfig));
  const { seconds, mebibytes } = used(server);
  console.log(
    `${what}: ${ready}, all looked at after ${since()} (${seconds.toFixed(1)} s), ${mebibytes.toFixed(0)} MiB resident`,
  );
  return server;
}

const dataDir = temporaryDirectory();
let server = await startStandalone({ dataDir });
try {
  console.log(
    `${String(objects)} ModelDeployments; ${String(cpus().length)} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`,
  );
  const begun = performance.now();
  const { perSecond } = create(targetOf(server.kubeconfig));
  await reconciled(targetOf(server.kubeconfig));
  const took = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(
    `created at ${perSecond.toFixed(0)}/s, all reconciled ${took} s after the first, ${used(server).mebibytes.toFixed(0)} MiB resident`,
  );
  await server.stop();
  server = await measure("after an orderly end", dataDir);
  await server.stop("SIGKILL");
  server = await measure("after kill -9", dataDir);
} finally {
  await server.stop("SIGKILL");
  removeDirectory(dataDir);
}
