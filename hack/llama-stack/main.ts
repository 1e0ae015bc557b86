/**
 * Has the server's own code read what is generated for it: the built-in configurations, those of three sizes of
 * specification, and those of the samples. The server's package comes from PyPI into .cache, once; Python 3.11 will do.
 *
 * usage: npm run schema:llama-stack [-- --install-only]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LlamaStackReader, isLlamaStackDistribution } from "../../admission/llamastack/read.ts";
import { readManifests } from "../../cli/manifests.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import {
  embeddedBase,
  distributionOf,
  distributionNames,
} from "../../transformers/llamastack/distributions/registry.ts";
import { generateConfig } from "../../transformers/llamastack/config/generate.ts";
import type { ConfigSpec } from "../../transformers/llamastack/config/input.ts";
import type { GenerationOptions } from "../../transformers/llamastack/config/options.ts";
import { defaultOptions } from "../../transformers/llamastack/config/options.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { resolveDistribution } from "../../transformers/llamastack/resolve.ts";
import { configSource } from "../../transformers/llamastack/source.ts";
import { largeSpec, mediumSpec, smallSpec } from "../../transformers/llamastack/testing/specs.ts";
import { exampleSpec } from "../../transformers/llamastack/testing/worked-example.ts";

/** The release most built-in configurations are written for. */
const release = "0.6.0";
const here = import.meta.dirname;
const cache = path.resolve(here, "../../.cache/llama-stack");
const packages = path.join(cache, release);

function run(command: string, args: readonly string[]): { readonly code: number; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: 480_000 });
  return { code: status ?? 1, output: error === undefined ? `${stdout}${stderr}` : error.message };
}

/** Installs the server's package beside, not into, whatever Python has; why that cannot be done, where it cannot. */
function install(): string | undefined {
  if (existsSync(packages)) return undefined;
  const python = run("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]);
  if (python.code !== 0) return "Python 3.11 or later is not there";
  const partial = `${packages}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--target",
    partial,
  ];
  for (const [file, flags] of [
    // The server asks for Python 3.12 for its notation only, and for more packages than its schema needs.
    ["server.txt", ["--no-deps", "--ignore-requires-python"]],
    ["requirements.txt", []],
  ] as const) {
    const { code, output } = run("python3", [...pip, ...flags, "--requirement", path.join(here, file)]);
    if (code !== 0)
      return `llama-stack ${release} cannot be installed: ${output.trim().split("\n").at(-1) ?? ""}`;
  }
  renameSync(partial, packages);
  return undefined;
}

/** What is generated, by the name of its file. */
function configurations(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const name of distributionNames()) {
    const base = embeddedBase(name);
    if (base === undefined || distributionOf(name)?.release !== release) continue;
    texts.set(`distribution-${name}`, encodeYaml(base.config));
  }
  const specs: [string, ConfigSpec][] = [
    ["small", smallSpec()],
    ["medium", mediumSpec()],
    ["large", withoutSecretRefs(largeSpec())],
    ["worked-example", exampleSpec()],
    ...samples(),
  ];
  for (const [name, spec] of specs) {
    texts.set(name, generated(spec));
  }
  return texts;
}

function generated(spec: ConfigSpec, options: GenerationOptions = defaultOptions): string {
  const resolved = resolveDistribution(spec);
  const result = isFailure(resolved) ? resolved : generateConfig(spec, resolved.base, options);
  if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
  return result.yaml;
}

/** The largest has secrets under keys that no server knows, to see them carried. */
function withoutSecretRefs(spec: ConfigSpec): ConfigSpec {
  const inference = (spec.providers?.inference ?? []).map(({ secretRefs: _, ...entry }) => entry);
  return { ...spec, providers: { ...spec.providers, inference } };
}

function samples(): [string, ConfigSpec][] {
  const reader = new LlamaStackReader();
  return readManifests([path.resolve(here, "../../manifests/samples")])
    .map(({ object }) => object)
    .filter(isLlamaStackDistribution)
    .map((object) => reader.read(object).distribution)
    .filter(({ spec }) => configSource(spec) === "Generated")
    .map(({ metadata, spec }) => [`sample-${metadata.name ?? ""}`, spec]);
}

const missing = install();
if (missing !== undefined) {
  console.log(missing);
  process.exitCode = 3;
} else if (!process.argv.includes("--install-only")) {
  const folder = path.join(cache, "generated");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    const file = path.join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  };
  const files = [...configurations()].map(([name, text]) => write(name, text));
  const bad = write("literal", generated(smallSpec(), { profile: "spec", replace: [] }));
  const check = (of: readonly string[]): ReturnType<typeof run> =>
    run("python3", [path.join(here, "check.py"), packages, ...of]);
  const { code, output } = check(files);
  process.stdout.write(output);
  process.exitCode = code;
  const refused = check([bad]);
  if (refused.code === 0 || !refused.output.includes("the server ignores url")) {
    console.log(`a configuration with keys of another release was not refused: ${refused.output}`);
    process.exitCode = 1;
  }
}
