import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { realClock } from "../../machinery/clock.ts";
import { openEmbeddedStore } from "../../server/storage/embedded/embedded-store.ts";
import type { Store } from "../../server/storage/store.ts";
import type { JournalLine } from "./journal.ts";
import { readJournal, seededRandom } from "./journal.ts";
import type { Verdict, Verified } from "./verify.ts";
import { verify } from "./verify.ts";

export interface CrashTestOptions {
  /** The database the rounds work on; made when missing, kept afterwards. */
  readonly path: string;
  readonly rounds: number;
  /** The same seed gives the same operations and delays; when the kill hits is up to the machine. */
  readonly seed: number;
  /** Called after each round. */
  readonly onRound?: (round: number, verdict: Verdict) => void;
}

export interface CrashTestResult {
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly events: number;
  /** Rounds killed before the store was even open. */
  readonly killedWhileOpening: number;
}

const longestRunMs = 400;
/** About what a process needs to start and open the store. */
const startMs = 250;

/** Round by round: lets a process write, kills it, opens what it left and verifies it. Stops at the first violation. */
export async function runCrashTest(options: CrashTestOptions): Promise<CrashTestResult> {
  const random = seededRandom(options.seed);
  let state: Verified | undefined;
  let serial = 1;
  let [acknowledged, events, killedWhileOpening] = [0, 0, 0];
  for (let round = 1; round <= options.rounds; round++) {
    // A store that is killed while it recovers from the last kill must recover, too.
    const killAfterStart = random() < 0.15 ? random() * startMs : undefined;
    const journal = await writeUntilKilled(
      options.path,
      [String(Math.floor(random() * 2 ** 32)), String(serial)],
      killAfterStart,
      random() * longestRunMs,
    );
    if (!journal.some((line) => line.is === "ready")) killedWhileOpening++;
    for (const line of journal) if (line.is === "intent") serial = Math.max(serial, line.serial + 1);
    let store: Store;
    try {
      store = await openEmbeddedStore({ path: options.path, clock: realClock() });
    } catch (error) {
      const violations = [`what the killed process left does not open: ${String(error)}`];
      return { violations, acknowledged, events, killedWhileOpening };
    }
    try {
      state ??= { revision: await store.compactedRevision(), values: new Map() };
      const verdict = await verify(store, state, journal, { random, resumes: 5 });
      state = verdict.state;
      acknowledged += verdict.acknowledged;
      events += verdict.events;
      options.onRound?.(round, verdict);
      const { violations } = verdict;
      if (violations.length > 0) return { violations, acknowledged, events, killedWhileOpening };
    } finally {
      await store.close();
    }
  }
  return { violations: [], acknowledged, events, killedWhileOpening };
}

async function writeUntilKilled(
  path: string,
  args: readonly string[],
  killAfterStart: number | undefined,
  runMs: number,
): Promise<JournalLine[]> {
  const journal = `${path}.journal`;
  rmSync(journal, { force: true });
  const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));
  const child = spawn(process.execPath, [writer, path, journal, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<string>((resolve) => {
    child.on("close", (code, signal) => {
      resolve(signal ?? `exit code ${code ?? "?"}`);
    });
  });
  const problems: Buffer[] = [];
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", () => {
      resolve();
    });
  });
  child.stderr.on("data", (chunk: Buffer) => problems.push(chunk));
  if (killAfterStart === undefined) {
    await Promise.race([ready, ended]);
    await sleep(runMs);
  } else {
    await sleep(killAfterStart);
  }
  child.kill("SIGKILL");
  const how = await ended;
  if (how !== "SIGKILL") {
    throw new Error(`the writing process ended by itself (${how}): ${Buffer.concat(problems).toString()}`);
  }
  return existsSync(journal) ? readJournal(readFileSync(journal, "utf8")) : [];
}
