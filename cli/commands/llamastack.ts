import { readFileSync } from "node:fs";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { isLlamaStackDistribution, LlamaStackReader } from "../../admission/llamastack/read.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import type { Base } from "../../transformers/llamastack/config/base.ts";
import { parseBase } from "../../transformers/llamastack/config/base.ts";
import { configMapName, generateConfig } from "../../transformers/llamastack/config/generate.ts";
import { generationOptions } from "../../transformers/llamastack/config/options.ts";
import type { Generated } from "../../transformers/llamastack/config/result.ts";
import { isFailure } from "../../transformers/llamastack/config/result.ts";
import { resolveDistribution } from "../../transformers/llamastack/resolve.ts";
import { configSource } from "../../transformers/llamastack/source.ts";
import type { Command, Io } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { readManifests } from "../manifests.ts";
import { fileFlag } from "./common.ts";

const flags = {
  ...fileFlag,
  base: {
    type: "string",
    value: "FILE",
    help: "A config.yaml to generate from, instead of the one of the distribution",
  },
} as const;

export const llamastackCommand: Command = {
  name: "llamastack",
  summary: "Print the server configuration a LlamaStackDistribution becomes, without a server",
  usage: "llamastack config -f FILE… [--base FILE]",
  description: [
    "Prints the config.yaml of each LlamaStackDistribution on standard output, with the same bytes as in the",
    "cluster. The ConfigMap's name, the counts, the environment variables that come from Secrets and the warnings go to",
    "standard error. Secrets are not read. An image that brings a base configuration of its own in labels is not asked",
    "for it: give that configuration with --base.",
    "",
    "Example:",
    "  hawsepipe llamastack config -f stack.yaml > config.yaml",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    const [action, ...files] = positionals;
    if (action !== "config") throw new UsageError("the only thing to ask for is llamastack config");
    const objects = readManifests([...values.filename, ...files])
      .map(({ object }) => object)
      .filter(isLlamaStackDistribution);
    if (objects.length === 0) throw new Error("there is no LlamaStackDistribution in the input");
    const base = values.base === undefined ? undefined : readBaseFile(values.base);
    const reader = new LlamaStackReader();
    const documents = objects.map((object) => configOf(object, { reader, labelled: base, io }));
    io.out(documents.filter((document) => document !== undefined && document !== "").join("---\n"));
    return documents.includes(undefined) ? 1 : 0;
  },
};

function readBaseFile(file: string): Base {
  const base = parseBase(readFileSync(file), file);
  if (isFailure(base)) throw new Error(base.errors.map(({ detail }) => detail).join("; "));
  return base;
}

/** The text of one object's configuration, empty when none is generated; undefined when that failed. */
function configOf(
  object: JsonObject,
  {
    reader,
    labelled,
    io,
  }: { readonly reader: LlamaStackReader; readonly labelled: Base | undefined; readonly io: Io },
): string | undefined {
  const given = getPath(object, "metadata", "name");
  const name = typeof given === "string" ? given : "unnamed";
  const note = (message: string): void => {
    io.err(`LlamaStackDistribution ${name}: ${message}\n`);
  };
  const refuse = (errors: readonly FieldError[]): void => {
    for (const error of errors) note(printFieldError(error));
  };
  const { distribution, errors, warnings } = reader.read(object);
  for (const warning of warnings) note(`warning: ${warning}`);
  if (errors.length > 0) {
    refuse(errors);
    return undefined;
  }
  const { spec } = distribution;
  const source = configSource(spec);
  if (source !== "Generated") {
    note(
      source === "Override"
        ? "its configuration is that of spec.overrideConfig"
        : "its configuration is the image's own",
    );
    return "";
  }
  const { options, problems } = generationOptions(annotationsOf(object));
  for (const problem of problems) note(`warning: ${problem}`);
  const resolved = resolveDistribution(spec, { labelled });
  if (isFailure(resolved)) {
    refuse(resolved.errors);
    return undefined;
  }
  const result = generateConfig(spec, resolved.base, options);
  for (const warning of result.warnings) note(`warning: ${warning}`);
  if (isFailure(result)) {
    refuse(result.errors);
    return undefined;
  }
  note(`image ${resolved.image}`);
  report(name, result, note);
  return result.yaml;
}

function report(name: string, result: Generated, note: (message: string) => void): void {
  const { hash, providerCount, resourceCount, env } = result;
  note(
    `ConfigMap ${configMapName(name, hash)}, ${providerCount} providers, ${resourceCount} resources, sha256:${hash}`,
  );
  for (const { name: variable, valueFrom } of env) {
    note(`${variable} comes from key ${valueFrom.secretKeyRef.key} of Secret ${valueFrom.secretKeyRef.name}`);
  }
}

function annotationsOf(object: JsonObject): Record<string, string> {
  const annotations = getPath(object, "metadata", "annotations");
  if (!isObject(annotations)) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
