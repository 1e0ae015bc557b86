import type { StoreEvent, StoreListener } from "../../store.ts";

/** Records what a watch tells; `ended` is what it was closed with, "not yet" before. */
export interface Recorder extends StoreListener {
  readonly events: StoreEvent[];
  ended: unknown;
  /** `update /a@5 2 was 1@4`: what happened, for comparing. */
  told(): string[];
}

/** A recorder that has heard nothing. */
export function recorder(): Recorder {
  const events: StoreEvent[] = [];
  const self: Recorder = {
    events,
    ended: "not yet",
    event: (event) => void events.push(event),
    closed: (error) => {
      self.ended = error;
    },
    told: () =>
      events.map(({ type, key, revision, value, previous }) => {
        const before = previous === undefined ? "" : ` was ${previous.value.toString()}@${previous.revision}`;
        return `${type} ${key}@${revision} ${value.toString()}${before}`;
      }),
  };
  return self;
}

export const text = (value: string): Buffer => Buffer.from(value);

/** Resolves when the condition holds; the test's own time limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The same for a condition that has to be asked for; a failure means not yet. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 1));
}
