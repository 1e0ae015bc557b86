import type { OfflineResult } from "../../admission/offline.ts";
import { isModelDeployment, renderOffline } from "../../admission/offline.ts";
import { settingsName } from "../../admission/llamastack/bases/follow-settings.ts";
import { OfflineLlamaStack } from "../../admission/llamastack/offline.ts";
import { isLlamaStackDistribution } from "../../admission/llamastack/read.ts";
import { asJson } from "../../api/meta/types.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import { encodePretty } from "../../machinery/json/encode.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { Command, Io } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { readManifests } from "../manifests.ts";
import { fileFlag } from "./common.ts";
import { stackFlags, stackKnowledge } from "./stack-flags.ts";

const flags = {
  ...fileFlag,
  ...stackFlags,
  namespace: {
    type: "string",
    short: "n",
    value: "NAME",
    default: "default",
    help: "For objects that name none",
  },
} as const;

const renderFlags = {
  ...flags,
  output: { type: "string", short: "o", value: "FORMAT", default: "yaml", help: "yaml or json" },
} as const;

const sameAsServer = [
  "The same defaults, selection, rules and rendering as the server's, with the built-in providers and without a host: whether",
  "Secrets, ConfigMaps and claims exist, and what the provider's own schema says, is not checked here. --base,",
  "--provider-package and --settings are for LlamaStackDistributions.",
];

export const renderCommand: Command = {
  name: "render",
  summary: "Print the resources that ModelDeployments and LlamaStackDistributions become, without a server",
  usage: "render -f FILE… [-n NAMESPACE] [-o yaml|json]",
  description: [...sameAsServer, "", "Example:", "  hawsepipe render -f model.yaml | kubectl diff -f -"].join(
    "\n",
  ),
  flags: renderFlags,
  async run(args, io) {
    const { values, positionals } = parseFlags(renderFlags, args);
    const { output } = values;
    if (output !== "yaml" && output !== "json") throw new UsageError("--output must be yaml or json");
    const results = await offline([...values.filename, ...positionals], values, io);
    const isFine = report(results, io);
    const resources = results.flatMap((result) => result.resources).map(asJson);
    if (output === "yaml") io.out(resources.map((resource) => encodeYaml(resource)).join("---\n"));
    else io.out(`${encodePretty({ apiVersion: "v1", kind: "List", items: resources }, { sorted: true })}\n`);
    return isFine ? 0 : 1;
  },
};

export const validateCommand: Command = {
  name: "validate",
  summary: "Say what is wrong with ModelDeployments and LlamaStackDistributions, without a server",
  usage: "validate -f FILE… [-n NAMESPACE]",
  description: [
    ...sameAsServer,
    "",
    "Prints one line per problem, with the path of the field, and exits with 1 when there is any.",
    "",
    "Example:",
    "  hawsepipe validate -f deploy/",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    const results = await offline([...values.filename, ...positionals], values, io);
    const isFine = report(results, io);
    for (const { what, errors } of results) if (errors.length === 0) io.out(`${what} is valid\n`);
    return isFine ? 0 : 1;
  },
};

async function offline(
  files: readonly string[],
  { namespace, ...values }: { readonly namespace: string } & Parameters<typeof stackKnowledge>[0],
  io: Io,
): Promise<readonly OfflineResult[]> {
  const objects = readManifests(files).map(({ object }) => object);
  const models = objects.filter(isModelDeployment);
  const stacks = objects.filter(isLlamaStackDistribution);
  if (models.length + stacks.length === 0) {
    throw new Error("there is neither a ModelDeployment nor a LlamaStackDistribution in the input");
  }
  const { problems, ...knowledge } = stackKnowledge(values);
  for (const problem of problems) io.err(`${settingsName}: warning: ${problem}\n`);
  const llamaStack = new OfflineLlamaStack(knowledge);
  return [
    ...(await renderOffline(models, { namespace, now: () => new Date() })),
    ...stacks.map((object) => llamaStack.run(object, namespace)),
  ];
}

/** Problems and warnings to standard error; whether there were no problems. */
function report(results: readonly OfflineResult[], io: Io): boolean {
  let isFine = true;
  for (const { what, errors, warnings } of results) {
    for (const warning of warnings) io.err(`${what}: warning: ${warning}\n`);
    for (const error of errors) io.err(`${what}: ${printFieldError(error)}\n`);
    if (errors.length > 0) isFine = false;
  }
  return isFine;
}
