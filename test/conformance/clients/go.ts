/** The Go clients are one program: what they share is compiled once. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { unlessRequired } from "../../support/control-plane.ts";
import { repository } from "../../support/standalone.ts";
import type { Command } from "./program.ts";
import { runToEnd } from "./program.ts";

const source = path.join(import.meta.dirname, "go");
const program = path.join(repository, ".cache/bin/clients");

/** Why the Go clients cannot be built here; undefined when they can. Throws it where they have to be. */
export function goUnavailable(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const hasGo = spawnSync("go", ["version"], { env }).status === 0;
  return unlessRequired(hasGo ? undefined : "Go is not installed", env);
}

/** Builds the program, unless it is current, and answers how one of its clients is run. */
export async function goClient(name: string): Promise<Command> {
  // The same flags as for the control plane's programs: what both are made of is in the build cache already.
  const args = ["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", program, "."];
  // Two tests may build at once, and run what the other has built: a program is moved to its place in one go only within
  // one file system.
  const env = { GOTMPDIR: path.join(repository, ".cache/go-build") };
  mkdirSync(env.GOTMPDIR, { recursive: true });
  await runToEnd({ file: "go", args, cwd: source, env });
  return { file: program, args: [name] };
}
