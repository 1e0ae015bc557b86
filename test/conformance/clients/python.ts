/** The Python client runs in an environment of its own, with the versions its requirements name. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../../support/standalone.ts";
import type { Command } from "./program.ts";
import { runToEnd } from "./program.ts";

const source = path.join(import.meta.dirname, "python");
const requirements = path.join(source, "requirements.txt");
const environment = path.join(repository, ".cache/clients/python");

/** Makes the environment unless it is current. An error says what is missing here. */
export async function pythonClient(): Promise<Command> {
  const python = path.join(environment, "bin/python");
  const stamp = path.join(environment, "requirements.sha256");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    await runToEnd({ file: "python3", args: ["-m", "venv", "--clear", environment] });
    await runToEnd({
      file: python,
      args: ["-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements],
    });
    writeFileSync(stamp, wanted);
  }
  return { file: python, args: [path.join(source, "client.py")] };
}
