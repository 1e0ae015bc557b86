/**
 * Measures how long a server configuration takes to generate, for three sizes of specification: one provider and one
 * model; five and ten with storage and networking; ten and fifty with everything.
 *
 * usage: npm run bench:llamastack
 */
import { performance } from "node:perf_hooks";
import { generateConfig } from "../../transformers/llamastack/config/generate.ts";
import type { ConfigSpec } from "../../transformers/llamastack/config/input.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { embeddedBase } from "../../transformers/llamastack/distributions/registry.ts";
import { largeSpec, mediumSpec, smallSpec } from "../../transformers/llamastack/testing/specs.ts";
import { median, quantile } from "./statistics.ts";

const warmUps = 200;
const runs = 1000;

function measure(spec: ConfigSpec): { times: number[]; bytes: number } {
  const base = embeddedBase("starter");
  if (base === undefined) throw new Error("there is no starter distribution");
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < warmUps + runs; i++) {
    const start = performance.now();
    const result = generateConfig(spec, base);
    if (i >= warmUps) times.push(performance.now() - start);
    if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
    bytes = result.yaml.length;
  }
  return { times, bytes };
}

console.log("generating a Llama Stack configuration      median ms    p99 ms     bytes");
for (const [what, spec] of [
  ["1 provider, 1 model", smallSpec()],
  ["5 providers, 10 models, storage, networking", mediumSpec()],
  ["10 providers, 50 models, everything", largeSpec()],
] as const) {
  const { times, bytes } = measure(spec);
  const cells = [median(times).toFixed(2), quantile(times, 0.99).toFixed(2), String(bytes)];
  console.log(`${what.padEnd(44)}${cells.map((cell) => cell.padStart(9)).join(" ")}`);
}
