import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { restoreBackup } from "../../server/storage/embedded/restore.ts";
import type { Command } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { createDataDirectory } from "../standalone/data-dir.ts";
import { dataDirFlag } from "./common.ts";

const flags = {
  ...dataDirFlag,
  from: { type: "string", value: "FILE", help: "The backup to read" },
} as const;

export const restoreCommand: Command = {
  name: "restore",
  summary: "Make a data directory from a backup",
  usage: "restore --from FILE [--data-dir DIR]",
  description: [
    "Puts a backup into a data directory that has no store yet. Revisions go on far beyond those the lost server can have",
    "handed out, so clients that watched it are told to list anew instead of missing changes.",
    "",
    "Example:",
    "  hawsepipe restore --from backup-monday.db --data-dir /var/lib/hawsepipe",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values } = parseFlags(flags, args);
    if (values.from === undefined) throw new UsageError("--from is required");
    const from = path.resolve(io.cwd, values.from);
    if (!existsSync(from)) throw new UsageError(`${from}: no such file`);
    const root = path.resolve(io.cwd, values["data-dir"]);
    const isNew = !existsSync(root);
    const data = createDataDirectory(root);
    let revision: number;
    try {
      revision = restoreBackup(from, data.database);
    } catch (error) {
      if (isNew) rmSync(root, { recursive: true, force: true });
      throw error;
    }
    io.out(`restored to ${data.root}; revisions start at ${String(revision)}\n`);
    return 0;
  },
};
