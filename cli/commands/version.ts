import { readFileSync } from "node:fs";
import type { Command } from "../command.ts";
import { parseFlags } from "../flags.ts";

const flags = {} as const;

/** The version in package.json, the one place it is written. */
export function programVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

export const versionCommand: Command = {
  name: "version",
  summary: "Print the version",
  usage: "version",
  description: "Prints the version of Hawsepipe and of the Node.js that runs it.",
  flags,
  async run(args, io) {
    parseFlags(flags, args);
    io.out(`hawsepipe ${programVersion()} (Node.js ${process.version})\n`);
    return 0;
  },
};
