import path from "node:path";
import { performance } from "node:perf_hooks";
import { builtEntry, buildProgram } from "../../build/program.ts";
import { removeDirectory, repository, temporaryDirectory } from "../../../test/support/standalone.ts";
import type { Bench } from "../bench.ts";
import { usualSize } from "../options.ts";
import { populate } from "../population.ts";
import type { Sample } from "../rows.ts";
import { summarize } from "../rows.ts";
import type { Server } from "../servers/server.ts";
import { Standalone } from "../servers/standalone.ts";
import type { Measure } from "./measure.ts";

const passes = 'controller_runtime_reconcile_time_seconds_count{controller="modeldeployment"}';

/**
 * A standalone server from its start until it is ready, and until its reconciler has looked at every object. What is
 * started is what is shipped; its folder stays the same, so that compiled code is kept from one start to the next.
 */
export const start: Measure = {
  name: "start",
  seconds: 100,
  async run(bench) {
    if (!bench.wants("standalone")) return;
    bench.say("building the program…");
    const built = path.join(repository, ".cache/bench/program");
    await buildProgram(repository, built);
    const program = path.join(built, builtEntry);
    await restarts(bench, program);
    for (const size of bench.options.sizes) await restarts(bench, program, size);
  },
};

async function restarts(bench: Bench, program: string, size?: number): Promise<void> {
  // More than usual take long to put there and to find again.
  const rounds = size !== undefined && size > usualSize ? 1 : bench.options.rounds;
  const dataDir = temporaryDirectory();
  try {
    if (size !== undefined) await fill(bench, dataDir, size);
    const ready: Sample[] = [];
    const looked: Sample[] = [];
    for (let round = 0; round < rounds && (round === 0 || !bench.isLate); round += 1) {
      const begun = performance.now();
      const server = await Standalone.start(size === undefined ? { program } : { program, dataDir });
      try {
        ready.push({ value: performance.now() - begun, cpu: server.usage().cpuSeconds * 1e6 });
        if (size === undefined || size > usualSize) continue;
        await looksAtAll(bench, server, size);
        looked.push({ value: performance.now() - begun, cpu: server.usage().cpuSeconds * 1e6 });
      } finally {
        await server.stop();
      }
    }
    const sized = size === undefined ? {} : { size };
    const row = (what: string, samples: readonly Sample[]): void => {
      bench.add({
        measure: "start",
        what,
        ...sized,
        unit: "ms",
        servers: { standalone: summarize(samples) },
      });
    };
    row(size === undefined ? "empty, until ready" : "with objects, until ready", ready);
    if (looked.length > 0) row("with objects, until all were looked at", looked);
  } finally {
    removeDirectory(dataDir);
  }
}

async function fill(bench: Bench, dataDir: string, size: number): Promise<void> {
  const server = await Standalone.start({ dataDir });
  try {
    await populate(bench, [server], size, { settles: false });
  } finally {
    await server.stop();
  }
}

const patienceMs = 180_000;

async function looksAtAll(bench: Bench, server: Server, size: number): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const metrics = await server.metrics?.();
    if ((metrics?.get(passes) ?? 0) >= size) return;
    if (performance.now() - begun > patienceMs) throw new Error(`it did not look at ${String(size)} objects`);
    await bench.pause(50);
  }
}
