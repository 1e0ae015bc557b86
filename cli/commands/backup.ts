import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { realClock } from "../../machinery/clock.ts";
import { openEmbeddedStore } from "../../server/storage/embedded/embedded-store.ts";
import type { Command } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import type { DataDirectory } from "../standalone/data-dir.ts";
import { dataDirectory, openPki, readServerUrl } from "../standalone/data-dir.ts";
import { dataDirFlag } from "./common.ts";

const flags = {
  ...dataDirFlag,
  to: { type: "string", value: "FILE", help: "Where to write the backup; must not exist yet" },
} as const;

export const backupCommand: Command = {
  name: "backup",
  summary: "Write a consistent copy of a standalone server's objects",
  usage: "backup --to FILE [--data-dir DIR]",
  description: [
    "Copies the store of a data directory to one file. A running server is asked for the copy and goes on serving; when",
    "none runs, the store is read directly. The keys in the pki folder are not part of it: keep a copy of that folder too.",
    "",
    "Example:",
    "  hawsepipe backup --to backup-monday.db",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values } = parseFlags(flags, args);
    if (values.to === undefined) throw new UsageError("--to is required");
    const to = path.resolve(io.cwd, values.to);
    if (existsSync(to)) throw new UsageError(`${to} exists already`);
    const data = dataDirectory(path.resolve(io.cwd, values["data-dir"]));
    if (!existsSync(data.database)) throw new UsageError(`there is no store in ${data.root}`);
    const source = (await fromServer(data, to)) ? "the running server" : await fromStore(data, to);
    io.out(`backup of ${source} written to ${to}\n`);
    return 0;
  },
};

/** Asks the server of the data directory; false when none answers. */
async function fromServer(data: DataDirectory, to: string): Promise<boolean> {
  const origin = readServerUrl(data);
  if (origin === undefined) return false;
  const pki = await openPki(data, realClock());
  const { cert, key } = await pki.issueClient({ name: "backup", groups: ["system:masters"] });
  const { createHttpTransport } = await import("../../cluster/http-transport.ts");
  const transport = createHttpTransport({ origin, ca: pki.ca.cert, cert, key });
  const partial = `${to}.partial`;
  try {
    const response = await transport
      .request({ method: "GET", path: "/backup", headers: {} })
      .catch(() => undefined);
    if (response === undefined) return false;
    if (response.status !== 200) throw new Error(`the server answered ${String(response.status)}`);
    await pipeline(Readable.from(response.body), createWriteStream(partial, { mode: 0o600 }));
    renameSync(partial, to);
    return true;
  } finally {
    rmSync(partial, { force: true });
    await transport.close();
  }
}

async function fromStore(data: DataDirectory, to: string): Promise<string> {
  const store = await openEmbeddedStore({ path: data.database, clock: realClock() });
  try {
    await store.backup?.(to);
    return `the store in ${data.root}`;
  } finally {
    await store.close();
  }
}
