import type { Flags } from "./flags.ts";
import { flagHelp } from "./flags.ts";

/** What a command may touch of the process it runs in. Tests give their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** A note about long work; shown to people only (standard error is a terminal), never part of the output. */
  progress(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Resolves when the process is asked to end (SIGINT, SIGTERM). */
  readonly stop: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** How it is called, without the program's name. */
  readonly usage: string;
  /** Paragraphs and examples for its own help. */
  readonly description: string;
  readonly flags: Flags;
  /** Resolves to the exit code: 0 done, 1 the input or the work failed, 2 called wrongly. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** The text of `hawsepipe COMMAND --help`. */
export function commandHelp(command: Command): string {
  const flags = Object.keys(command.flags).length === 0 ? "" : `\n\nFlags:\n${flagHelp(command.flags)}`;
  return `${command.summary}\n\nUsage:\n  hawsepipe ${command.usage}\n\n${command.description}${flags}\n`;
}
