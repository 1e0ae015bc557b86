import path from "node:path";
import { realClock } from "../../machinery/clock.ts";
import type { Command } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { kubeconfig, writePrivateFile } from "../kubeconfig.ts";
import { dataDirectory, openPki, readServerUrl } from "../standalone/data-dir.ts";
import { dataDirFlag } from "./common.ts";

const flags = {
  ...dataDirFlag,
  user: { type: "string", value: "NAME", help: "The user to be" },
  group: {
    type: "string",
    value: "NAME",
    multiple: true,
    help: "A group the user is in; may be given several times",
  },
  server: {
    type: "string",
    value: "URL",
    help: "The server's address, when it is not the one it listened on last",
  },
  out: {
    type: "string",
    value: "FILE",
    help: "Write to this file, readable by its owner only, instead of printing",
  },
  namespace: { type: "string", value: "NAME", default: "default", help: "The namespace kubectl works in" },
} as const;

export const kubeconfigCommand: Command = {
  name: "kubeconfig",
  summary: "Issue a client certificate and print a kubeconfig",
  usage: "kubeconfig --user NAME [--group NAME]… [--data-dir DIR]",
  description: [
    "Prints a kubeconfig for a user of a standalone server. What the user may do is decided by the Roles and bindings the",
    "server holds; the group system:masters may do everything. The certificate is valid for a year.",
    "",
    "Example:",
    "  hawsepipe kubeconfig --user alice --group team-a --out alice.kubeconfig",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values } = parseFlags(flags, args);
    if (values.user === undefined || values.user === "") throw new UsageError("--user is required");
    const data = dataDirectory(path.resolve(io.cwd, values["data-dir"]));
    const server = values.server ?? readServerUrl(data);
    if (server === undefined) {
      throw new UsageError(
        `no server has run with the data directory ${data.root}; start one, or give --server`,
      );
    }
    const pki = await openPki(data, realClock());
    const credentials = await pki.issueClient({ name: values.user, groups: values.group });
    const text = kubeconfig({
      server,
      ca: pki.ca.cert,
      user: values.user,
      credentials,
      namespace: values.namespace,
    });
    if (values.out === undefined) io.out(text);
    else writePrivateFile(path.resolve(io.cwd, values.out), text);
    return 0;
  },
};
