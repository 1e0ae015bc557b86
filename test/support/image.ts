/** What an image would hold and run, read from the Dockerfile: nothing here builds containers. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { repository } from "./standalone.ts";

interface Stage {
  readonly name: string;
  readonly workdir: string;
  readonly copies: readonly Copy[];
  readonly commands: readonly string[];
}

interface Copy {
  /** The stage it copies from; the build context when absent. */
  readonly from?: string;
  readonly sources: readonly string[];
  readonly target: string;
}

interface Dockerfile {
  readonly stages: readonly Stage[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
}

/** The instructions that are understood; a word per argument, continued lines joined. */
function instructions(): (readonly [string, readonly string[]])[] {
  const text = readFileSync(path.join(repository, "Dockerfile"), "utf8");
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => {
      const [instruction = "", ...words] = line.trim().split(/\s+/);
      return [instruction, words];
    });
}

function copyOf(words: readonly string[]): Copy {
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  const names = words.filter((word) => !word.startsWith("--"));
  const copy = { sources: names.slice(0, -1), target: names.at(-1) ?? "" };
  return from === undefined ? copy : { ...copy, from };
}

/** What the Dockerfile says is copied and run. */
export function readDockerfile(): Dockerfile {
  const stages: { name: string; workdir: string; copies: Copy[]; commands: string[] }[] = [];
  const last = new Map<string, readonly string[]>();
  for (const [instruction, words] of instructions()) {
    last.set(instruction, words);
    const stage = stages.at(-1);
    if (instruction === "FROM") {
      const [, as, name = ""] = words;
      stages.push({ name: as === "AS" ? name : "", workdir: "/", copies: [], commands: [] });
    } else if (stage === undefined) continue;
    else if (instruction === "WORKDIR") stage.workdir = words.join(" ");
    else if (instruction === "RUN") stage.commands.push(words.join(" "));
    else if (instruction === "COPY") stage.copies.push(copyOf(words));
  }
  const wordsOf = (instruction: string): readonly string[] => last.get(instruction) ?? [];
  return {
    stages,
    entrypoint: JSON.parse(wordsOf("ENTRYPOINT").join(" ")) as string[],
    command: JSON.parse(wordsOf("CMD").join(" ")) as string[],
    env: Object.fromEntries(wordsOf("ENV").map((word) => word.split("=") as [string, string])),
    user: wordsOf("USER").join(""),
  };
}

/** The build context: what .dockerignore, which names what is let in, leaves of the repository. */
function copyContext(target: string): void {
  const lines = readFileSync(path.join(repository, ".dockerignore"), "utf8").split("\n");
  const rules = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (rules[0] !== "*") throw new Error(".dockerignore does not begin by leaving everything out");
  const isExcluded = (file: string): boolean =>
    rules.some((rule) => rule.startsWith("**/") && path.matchesGlob(file, rule));
  for (const rule of rules.filter((line) => line.startsWith("!"))) {
    const name = rule.slice(1);
    const source = path.join(repository, name);
    if (!existsSync(source)) throw new Error(`.dockerignore lets in ${name}, which does not exist`);
    cpSync(source, path.join(target, name), {
      recursive: true,
      filter: (file) => !isExcluded(path.relative(repository, file)),
    });
  }
}

/**
 * Lays out the folders of the stages, one beside the other, as the COPY instructions do; `run` stands for each RUN.
 * Answers the root of the last one.
 */
export async function layOut(
  { stages }: Dockerfile,
  folder: string,
  run: (command: string, workdir: string) => Promise<void>,
): Promise<string> {
  const context = path.join(folder, "context");
  mkdirSync(context);
  copyContext(context);
  const rootOf = (name: string): string => path.join(folder, `stage-${name}`);
  for (const { name, workdir, copies, commands } of stages) {
    const place = path.join(rootOf(name), workdir);
    mkdirSync(place, { recursive: true });
    for (const { from, sources, target } of copies) {
      for (const source of sources) {
        const origin = from === undefined ? path.join(context, source) : path.join(rootOf(from), source);
        const isFolder = target.endsWith("/") && source !== ".";
        const destination = path.join(place, target, isFolder ? path.basename(source) : "");
        cpSync(origin, destination, { recursive: true, verbatimSymlinks: true });
      }
    }
    for (const command of commands) await run(command, place);
  }
  return rootOf(stages.at(-1)?.name ?? "");
}

/** The installed packages of the repository at another place, without copying them. */
export function linkPackages(place: string): void {
  symlinkSync(path.join(repository, "node_modules"), path.join(place, "node_modules"));
}
