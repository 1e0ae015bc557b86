import { performance } from "node:perf_hooks";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { renderDeployment } from "../../../admission/render.ts";
import { defaultModelDeployment } from "../../../api/modeldeployment/defaults.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { repository } from "../../../test/support/standalone.ts";
import { generateConfig } from "../../../transformers/llamastack/config/generate.ts";
import { isFailure } from "../../../transformers/llamastack/config/result.ts";
import { embeddedBase } from "../../../transformers/llamastack/distributions/registry.ts";
import { largeSpec, mediumSpec, smallSpec } from "../../../transformers/llamastack/testing/specs.ts";
import type { Bench } from "../bench.ts";
import type { Sample } from "../rows.ts";
import { summarize } from "../rows.ts";
import { quantile } from "../statistics.ts";
import type { Measure } from "./measure.ts";

/** Pure functions, by themselves in this process: the rendering of a sample of each provider. */
export const render: Measure = {
  name: "render",
  seconds: 20,
  async run(bench) {
    const folder = path.join(repository, "manifests/samples");
    for (const file of readdirSync(folder).filter((name) =>
      /^[1-6]\d-(?!v1alpha1).*-(full|disaggregated|storage)/.test(name),
    )) {
      const { value } = decodeYaml(readFileSync(path.join(folder, file), "utf8"));
      const object = value as unknown as ModelDeployment;
      defaultModelDeployment(object);
      const { errors } = renderDeployment(object);
      if (errors.length > 0) throw new Error(`${file}: ${JSON.stringify(errors)}`);
      repeat(bench, "render", file.replace(/^\d+-|\.yaml$/g, ""), () => renderDeployment(object));
    }
    return Promise.resolve();
  },
};

/** The configuration of a Llama Stack server, small and large. */
export const generation: Measure = {
  name: "generation",
  seconds: 20,
  run(bench) {
    const base = embeddedBase("starter");
    if (base === undefined) throw new Error("there is no starter distribution");
    for (const [what, spec] of [
      ["1 provider, 1 model", smallSpec()],
      ["5 providers, 10 models, storage, networking", mediumSpec()],
      ["10 providers, 50 models, everything", largeSpec()],
    ] as const) {
      repeat(bench, "generation", what, () => {
        const result = generateConfig(spec, base);
        if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
      });
    }
    return Promise.resolve();
  },
};

function repeat(bench: Bench, measure: string, what: string, operation: () => unknown): void {
  const { rounds, quick } = bench.options;
  const samples: Sample[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const times: number[] = [];
    const end = performance.now() + (quick ? 50 : 200);
    while (performance.now() < end) {
      const begun = performance.now();
      operation();
      times.push(performance.now() - begun);
    }
    if (round > 0) samples.push({ value: quantile(times, 0.5), p99: quantile(times, 0.99) });
  }
  bench.add({ measure, what, unit: "ms", servers: { standalone: summarize(samples) } });
}
