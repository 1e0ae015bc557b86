/** What is shipped: the program with the packages it needs in a few files, the files it reads at run time, and licences. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bundle, packageOf } from "./bundle.ts";
import { notices } from "./notices.ts";

/** What is started: the command, and the thread of the embedded store. */
const entries = ["cli/main.ts", "server/storage/embedded/worker.ts"];

/** What is read at run time without being imported; also the notices of what is derived from others' work. */
const assets = [
  "LICENSE",
  "cluster/standalone/core/generated/core-schemas.json",
  "server/openapi/generated/meta-v1.NOTICE.txt",
  "server/protobuf/generated/messages.NOTICE.txt",
];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly type: string;
  readonly engines: object;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** What is run of it, relative to its folder. */
export const builtEntry = "cli/main.js";

/**
 * Builds the sources in `root` into the folder `out`, in place of what was there; whoever looks finds all of it or none.
 * Answers how many modules of ours and how many packages went into it.
 */
export async function buildProgram(
  root: string,
  out: string,
): Promise<{ modules: number; packages: number }> {
  const unfinished = `${out}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const modules = await bundle({ root, entries, out: unfinished, mayShip: productionPackages(root) });
  const folders = modules.map((module) => packageOf(root, module));
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  writeFileSync(path.join(unfinished, "THIRD-PARTY-NOTICES.txt"), notices(root, packages));
  for (const asset of assets)
    cpSync(path.join(root, asset), path.join(unfinished, asset), { recursive: true });
  writeFileSync(path.join(unfinished, "package.json"), manifestOf(root));
  rmSync(out, { recursive: true, force: true });
  renameSync(unfinished, out);
  return { modules: folders.filter((folder) => folder === undefined).length, packages: packages.length };
}

/** What `npm ci --omit=dev` would install. */
function productionPackages(root: string): (folder: string) => boolean {
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as Lock;
  return (folder) => {
    const locked = packages[folder];
    return locked !== undefined && locked.dev !== true && locked.devOptional !== true;
  };
}

/** The program reads its version in it, and Node how its files are to be read. */
function manifestOf(root: string): string {
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;
  const { name, version, license, type, engines } = manifest;
  return `${JSON.stringify({ name, version, license, type, private: true, engines }, undefined, 2)}\n`;
}
