/** The `hawsepipe` program: finds the command, runs it, turns what it throws into words and an exit code. */
import type { Command, Io } from "./command.ts";
import { commandHelp } from "./command.ts";
import { UsageError } from "./flags.ts";
import { loadCommands } from "./commands.ts";

const program = "hawsepipe";

function help(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return [
    "One ModelDeployment API over every inference operator on Kubernetes.",
    "",
    "Usage:",
    `  ${program} COMMAND [FLAGS]`,
    "",
    "Commands:",
    ...rows,
    "",
    `${program} COMMAND --help tells more about a command. Exit codes: 0 done, 1 failed, 2 called wrongly.`,
    "",
  ].join("\n");
}

/** Runs one command line; answers the exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const commands = loadCommands();
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const about = commands.find((command) => command.name === rest[0]);
    io.out(about === undefined ? help(commands) : commandHelp(about));
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((candidate) => candidate.name === (name === "--version" ? "version" : name));
  if (command === undefined) {
    io.err(`${program}: there is no command ${JSON.stringify(name)}; see ${program} --help\n`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    io.out(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`${program} ${command.name}: ${error.message}; see ${program} ${command.name} --help\n`);
      return 2;
    }
    io.err(`${program} ${command.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    if (io.env["HAWSEPIPE_DEBUG"] !== undefined && error instanceof Error) io.err(`${error.stack ?? ""}\n`);
    return 1;
  }
}
