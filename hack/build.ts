/**
 * Compiles the program into dist/, with the files it reads at run time, so that it runs with the production dependencies
 * alone: `node dist/cli/main.js serve`. What the program does not load is left out; a package it would load that is no
 * production dependency is an error.
 *
 * usage: npm run build [-- FOLDER]
 */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { moduleGraph } from "./build/modules.ts";

/** What is started: the command, and the thread of the embedded store. */
const entries = ["cli/main.js", "server/storage/embedded/worker.js"];

/** What is read at run time without being imported; also the notices of what is derived from others' work. */
const assets = [
  "LICENSE",
  "cluster/standalone/crds",
  "cluster/standalone/core/generated/core-schemas.json",
  "manifests/rbac/cluster-roles.yaml",
  "server/openapi/generated/meta-v1.NOTICE.txt",
  "server/protobuf/generated/messages.NOTICE.txt",
];

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const root = path.join(import.meta.dirname, "..");

function compile(out: string): void {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", path.join(root, "tsconfig.build.json"), "--outDir", out];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("the sources do not compile");
}

/** Removes what only types needed. Throws when the program needs a package that production does not have. */
function prune(out: string, { dependencies }: Package): number {
  const { files, packages } = moduleGraph(entries.map((entry) => path.join(out, entry)));
  for (const [name, file] of packages) {
    if (dependencies[name] === undefined) {
      throw new Error(`${path.relative(out, file)} needs ${name}, which is no production dependency`);
    }
  }
  const all = readdirSync(out, { recursive: true, withFileTypes: true });
  for (const entry of all) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(file.replace(/\.map$/, ""))) rmSync(file);
  }
  // Children are listed after their parents.
  for (const entry of all.reverse()) {
    const folder = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory() && readdirSync(folder).length === 0) rmdirSync(folder);
  }
  return files.size;
}

const out = path.resolve(process.argv[2] ?? path.join(root, "dist"));
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Package;
rmSync(out, { recursive: true, force: true });
compile(out);
const count = prune(out, manifest);
for (const asset of assets) cpSync(path.join(root, asset), path.join(out, asset), { recursive: true });
const { name, version, license, dependencies } = manifest;
const type = "module";
writeFileSync(
  path.join(out, "package.json"),
  `${JSON.stringify({ name, version, license, type, private: true, dependencies }, undefined, 2)}\n`,
);
console.log(`${path.relative(process.cwd(), out)}: ${count} modules`);
