/**
 * Runs measures against our own server alone and writes a CPU profile and a heap profile of each of their rows, for the
 * tools of a browser; the costliest functions are printed, and what the event loop did where it was held up.
 *
 * usage: npm run -s node -- hack/bench/profile.ts FOLDER [--row TEXT] [options of the benchmark]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readOptions } from "./options.ts";
import type { CpuProfile } from "./profile/costs.ts";
import { costsOf } from "./profile/costs.ts";
import { Inspector } from "./profile/inspector.ts";
import type { Turn } from "./profile/long-turns.ts";
import { longTurns, noteTurns, turnsNoted } from "./profile/long-turns.ts";
import { runBench } from "./run.ts";

const shown = 25;
/** The delay that no load run should have. */
const longTurnMs = 20;
const shownTurns = 8;
const [folder, ...args] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-")) {
  throw new Error(
    "usage: npm run -s node -- hack/bench/profile.ts FOLDER [--row TEXT] [options of the benchmark]",
  );
}
mkdirSync(folder, { recursive: true });

await runBench(readOptions(["--servers=standalone", "--sizes=1000", ...args]), {
  env: { NODE_OPTIONS: "--inspect=127.0.0.1:0" },
  async around({ measure, what, size }, servers, rounds) {
    const output = servers[0]?.output?.();
    if (output === undefined) {
      await rounds();
      return;
    }
    const inspector = await Inspector.open(output);
    await inspector.call("Profiler.enable");
    await inspector.call("Profiler.setSamplingInterval", { interval: 200 });
    await inspector.call("Runtime.evaluate", { expression: noteTurns(longTurnMs) });
    await inspector.call("Profiler.start");
    await inspector.call("HeapProfiler.startSampling", { samplingInterval: 65_536 });
    await rounds();
    const heap = (await inspector.call("HeapProfiler.stopSampling")) as { profile: unknown };
    const { profile } = (await inspector.call("Profiler.stop")) as { profile: CpuProfile };
    const noted = (await inspector.call("Runtime.evaluate", { expression: turnsNoted })) as {
      result: { value: string };
    };
    inspector.close();
    const name = [measure, what, size].filter((part) => part !== undefined).join(" ");
    const file = path.join(folder, name.replaceAll(/[^A-Za-z0-9=]+/g, "-"));
    writeFileSync(`${file}.cpuprofile`, JSON.stringify(profile));
    writeFileSync(`${file}.heapprofile`, JSON.stringify(heap.profile));
    console.log(`\n${name}: ${file}.{cpuprofile,heapprofile}`);
    for (const { where, share } of costsOf(profile).slice(0, shown)) {
      console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
    }
    const turns = JSON.parse(noted.result.value) as Turn[];
    console.log(
      `${String(turns.length)} turns of the event loop took ${String(longTurnMs)} ms or more; the longest:`,
    );
    for (const { wallMs, busyMs, costs } of longTurns(profile, turns, shownTurns)) {
      const what = costs.slice(0, 6).map(({ where, ms }) => `${ms.toFixed(0)} ${where}`);
      console.log(
        `${wallMs.toFixed(0).padStart(6)} ms, ${busyMs.toFixed(0)} on a processor: ${what.join(", ")}`,
      );
    }
  },
});
