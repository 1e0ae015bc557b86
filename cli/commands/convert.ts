import { conversionOf } from "../../conversion/registry.ts";
import { parseApiVersion } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { Command } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { readManifests } from "../manifests.ts";
import { fileFlag } from "./common.ts";

const flags = {
  ...fileFlag,
  "to-version": { type: "string", value: "VERSION", default: "v1alpha2", help: "The version to convert to" },
} as const;

const versions = ["v1alpha1", "v1alpha2"];

export const convertCommand: Command = {
  name: "convert",
  summary: "Print objects in another version of their API",
  usage: "convert -f FILE… [--to-version VERSION]",
  description: [
    "Converts objects of hawsepipe.dev without a server. Nothing is lost: what the other version has no field for is kept in an",
    "annotation. Objects of other kinds are printed as they are.",
    "",
    "Example:",
    "  hawsepipe convert -f old.yaml > new.yaml",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    const toVersion = values["to-version"];
    if (!versions.includes(toVersion))
      throw new UsageError(`--to-version must be one of ${versions.join(", ")}`);
    const documents = readManifests([...values.filename, ...positionals]).map(({ source, object }) => {
      const { object: converted, warnings } = convert(object, toVersion);
      for (const warning of warnings) io.err(`${source}: ${warning}\n`);
      return encodeYaml(converted);
    });
    io.out(documents.join("---\n"));
    return 0;
  },
};

function convert(object: JsonObject, toVersion: string): { object: JsonObject; warnings: readonly string[] } {
  const { apiVersion, kind } = object;
  const { group, version } = parseApiVersion(typeof apiVersion === "string" ? apiVersion : "");
  const conversion = typeof kind === "string" ? conversionOf(group, kind) : undefined;
  if (conversion === undefined) return { object, warnings: [] };
  return conversion.convert(conversion.canonicalize?.(object, version) ?? object, toVersion);
}
