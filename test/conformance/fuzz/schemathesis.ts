/** Schemathesis in a Python environment of its own, with the versions its requirements name. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../../support/standalone.ts";
import type { Command } from "../clients/program.ts";
import { runToEnd } from "../clients/program.ts";

/** Where its hooks are. */
export const hooks = path.join(import.meta.dirname, "schemathesis");
const requirements = path.join(hooks, "requirements.txt");
const environment = path.join(repository, ".cache/schemathesis");

/** Makes the environment unless it is current. An error says what is missing here. */
export async function schemathesis(): Promise<Command> {
  const python = path.join(environment, "bin/python");
  const stamp = path.join(environment, "requirements.sha256");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    await runToEnd({ file: "python3", args: ["-m", "venv", "--clear", environment] });
    const install = ["-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements];
    await runToEnd({ file: python, args: install });
    writeFileSync(stamp, wanted);
  }
  return { file: path.join(environment, "bin/schemathesis"), args: [] };
}
