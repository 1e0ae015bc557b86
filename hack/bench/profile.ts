/**
 * Runs measures against our own server alone and writes a CPU profile and a heap profile of each of their rows, for the
 * tools of a browser; the costliest functions are printed.
 *
 * usage: npm run -s node -- hack/bench/profile.ts FOLDER [--row TEXT] [options of the benchmark]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readOptions } from "./options.ts";
import type { CpuProfile } from "./profile/costs.ts";
import { costsOf } from "./profile/costs.ts";
import { Inspector } from "./profile/inspector.ts";
import { runBench } from "./run.ts";

const shown = 25;
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
    await inspector.call("Profiler.start");
    await inspector.call("HeapProfiler.startSampling", { samplingInterval: 65_536 });
    await rounds();
    const heap = (await inspector.call("HeapProfiler.stopSampling")) as { profile: unknown };
    const { profile } = (await inspector.call("Profiler.stop")) as { profile: CpuProfile };
    inspector.close();
    const name = [measure, what, size].filter((part) => part !== undefined).join(" ");
    const file = path.join(folder, name.replaceAll(/[^A-Za-z0-9=]+/g, "-"));
    writeFileSync(`${file}.cpuprofile`, JSON.stringify(profile));
    writeFileSync(`${file}.heapprofile`, JSON.stringify(heap.profile));
    console.log(`\n${name}: ${file}.{cpuprofile,heapprofile}`);
    for (const { where, share } of costsOf(profile).slice(0, shown)) {
      console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
    }
  },
});
