import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { settingsName } from "../../admission/llamastack/bases/follow-settings.ts";
import { OfflineLlamaStack } from "../../admission/llamastack/offline.ts";
import { isLlamaStackDistribution } from "../../admission/llamastack/read.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import { configMapName } from "../../transformers/llamastack/config/generate.ts";
import type { Generated } from "../../transformers/llamastack/config/result.ts";
import type { Command, Io } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { readManifests } from "../manifests.ts";
import { fileFlag } from "./common.ts";
import { stackFlags, stackKnowledge } from "./stack-flags.ts";

const flags = { ...fileFlag, ...stackFlags } as const;

export const llamastackCommand: Command = {
  name: "llamastack",
  summary: "Print the server configuration a LlamaStackDistribution becomes, without a server",
  usage: "llamastack config -f FILE… [--base FILE] [--provider-package IMAGE=FILE…] [--settings FILE]",
  description: [
    "Prints the config.yaml of each LlamaStackDistribution on standard output, with the same bytes as in the cluster. The",
    "ConfigMap's name, the counts, the environment variables that come from Secrets and everything `hawsepipe render` warns",
    "of go to standard error. Secrets are not read, and no image is asked what it holds: give the base configuration an image",
    "has in its labels with --base, what the image of an external provider says of it with --provider-package, and what an",
    "administrator has set with --settings.",
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
    const { problems, ...knowledge } = stackKnowledge(values);
    for (const problem of problems) io.err(`${settingsName}: warning: ${problem}\n`);
    const stacks = new OfflineLlamaStack(knowledge);
    const documents = objects.map((object) => configOf(object, stacks, io));
    io.out(documents.filter((document) => document !== undefined && document !== "").join("---\n"));
    return documents.includes(undefined) ? 1 : 0;
  },
};

/** The text of one object's configuration, empty when none is generated; undefined when that failed. */
function configOf(object: JsonObject, stacks: OfflineLlamaStack, io: Io): string | undefined {
  const given = getPath(object, "metadata", "name");
  const name = typeof given === "string" ? given : "unnamed";
  const note = (message: string): void => {
    io.err(`LlamaStackDistribution ${name}: ${message}\n`);
  };
  const { errors, warnings, source, image, generated } = stacks.run(object, "default");
  for (const warning of warnings) note(`warning: ${warning}`);
  for (const error of errors) note(printFieldError(error));
  if (errors.length > 0) return undefined;
  if (generated === undefined) {
    note(
      source === "Override"
        ? "its configuration is that of spec.overrideConfig"
        : "its configuration is the image's own",
    );
    return "";
  }
  note(`image ${image ?? ""}`);
  report(name, generated, note);
  return generated.yaml;
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
