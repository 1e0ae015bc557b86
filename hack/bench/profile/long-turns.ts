import type { CpuProfile } from "./costs.ts";
import { costsOf } from "./costs.ts";

/** A stretch in which a timer that was due did not run. Microseconds of the monotonic clock, as in a profile. */
export interface Turn {
  readonly from: number;
  readonly to: number;
  /** Microseconds in which the thread had a processor. */
  readonly busy: number;
}

export interface LongTurn {
  readonly wallMs: number;
  /** Much less than `wallMs` where the thread waited for a processor. */
  readonly busyMs: number;
  /** What the samples of the stretch found, the costliest first. */
  readonly costs: readonly { readonly where: string; readonly ms: number }[];
}

const global = "hawsepipeTurns";

/**
 * Source of a script that notes, in the process that evaluates it, every stretch of at least so many milliseconds in
 * which no timer ran. `turnsNoted` reads them.
 */
export const noteTurns = (atLeastMs: number): string =>
  `(${follow.toString()})("${global}", ${String(atLeastMs)})`;

export const turnsNoted = `JSON.stringify(globalThis.${global})`;

/** Runs in the inspected process, as text: it may use nothing of this module. */
function follow(name: string, atLeastMs: number): void {
  const turns: { from: number; to: number; busy: number }[] = [];
  const now = (): number => Number(process.hrtime.bigint() / 1000n);
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  let last = { at: now(), cpu: cpu() };
  Reflect.set(globalThis, name, turns);
  setInterval(() => {
    const next = { at: now(), cpu: cpu() };
    if (next.at - last.at >= atLeastMs * 1000)
      turns.push({ from: last.at, to: next.at, busy: next.cpu - last.cpu });
    last = next;
  }, 2).unref();
}

/** The longest of them with what the profile found in each. */
export function longTurns(
  { nodes, samples = [], timeDeltas = [], startTime = 0 }: CpuProfile & { readonly startTime?: number },
  turns: readonly Turn[],
  count: number,
): readonly LongTurn[] {
  let at = startTime;
  const times = timeDeltas.map((delta) => (at += delta));
  return [...turns]
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, count)
    .map(({ from, to, busy }) => {
      const inside = samples.map((_, i) => i).filter((i) => (times[i] ?? 0) > from && (times[i] ?? 0) <= to);
      const part = {
        nodes,
        samples: inside.map((i) => samples[i] ?? 0),
        timeDeltas: inside.map((i) => timeDeltas[i] ?? 0),
      };
      const total = part.timeDeltas.reduce((sum, delta) => sum + delta, 0);
      return {
        wallMs: (to - from) / 1000,
        busyMs: busy / 1000,
        costs: costsOf(part).map(({ where, share }) => ({ where, ms: (share * total) / 1000 })),
      };
    });
}
