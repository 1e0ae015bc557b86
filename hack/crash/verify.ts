import type { Store, StoredValue, StoreEvent } from "../../server/storage/store.ts";
import type { JournalLine } from "./journal.ts";
import { serialOf } from "./journal.ts";

/** What is known to be in the store. */
export interface Verified {
  readonly revision: number;
  readonly values: ReadonlyMap<string, StoredValue>;
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly state: Verified;
  readonly acknowledged: number;
  readonly events: number;
}

/**
 * Compares a reopened store with what the killed process told and with the state verified before it ran. `resumes` is
 * how many watches are resumed, each from a revision the process had told.
 */
export async function verify(
  store: Store,
  before: Verified,
  journal: readonly JournalLine[],
  options: { readonly random: () => number; readonly resumes: number },
): Promise<Verdict> {
  const violations: string[] = [];
  const revision = await store.currentRevision();
  const events = await eventsAfter(store, before.revision);
  checkLog(events, before.revision, revision, violations);
  const acknowledged = checkJournal(events, journal, before.revision, violations);
  const state = { revision, values: replay(before, events, violations) };
  await checkList(store, state, violations);
  const told = journal.flatMap((line) => (line.is === "ack" || line.is === "seen" ? [line.revision] : []));
  for (let i = 0; i < options.resumes && told.length > 0; i++) {
    const from = told[Math.floor(options.random() * told.length)] ?? before.revision;
    const rest = await eventsAfter(store, from);
    const want = events.filter((e) => e.revision > from);
    if (rest.length !== want.length || rest.some((e, at) => !isSameEvent(e, want[at]))) {
      violations.push(
        `a watch resumed from ${from} saw ${rest.length} events, not the ${want.length} after it`,
      );
    }
  }
  return { violations, state, acknowledged, events: events.length };
}

async function eventsAfter(store: Store, after: number): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  const listener = { event: (event: StoreEvent) => void events.push(event), closed: () => undefined };
  (await store.watch("", after, listener)).stop();
  return events;
}

function checkLog(
  events: readonly StoreEvent[],
  after: number,
  revision: number,
  violations: string[],
): void {
  events.forEach((event, i) => {
    if (event.revision !== after + 1 + i) {
      violations.push(`the log has revision ${event.revision} where ${after + 1 + i} belongs`);
    }
  });
  if (after + events.length !== revision) {
    violations.push(`the store is at revision ${revision}, its log ends at ${after + events.length}`);
  }
}

/** Returns how many writes were acknowledged. */
function checkJournal(
  events: readonly StoreEvent[],
  journal: readonly JournalLine[],
  after: number,
  violations: string[],
): number {
  const at = (revision: number): StoreEvent | undefined => events[revision - after - 1];
  const intents = new Map<number, JournalLine & { is: "intent" }>();
  let acknowledged = 0;
  for (const line of journal) {
    if (line.is === "intent") intents.set(line.serial, line);
    if (line.is === "ack") {
      acknowledged++;
      const event = at(line.revision);
      if (event === undefined || serialOf(event.value) !== line.serial) {
        violations.push(
          `write ${line.serial}, acknowledged with revision ${line.revision}, is not in the log there`,
        );
      }
    }
    if (line.is === "seen" && at(line.revision)?.key !== line.key) {
      violations.push(`the change of ${line.key} at ${line.revision} was shown by a watch and is gone`);
    }
  }
  const written = new Set<number>();
  for (const event of events) {
    const serial = serialOf(event.value);
    const intent = serial === undefined ? undefined : intents.get(serial);
    if (serial === undefined || intent?.key !== event.key || intent.type !== event.type) {
      violations.push(`revision ${event.revision} of ${event.key} is a change nobody made`);
    } else if (written.has(serial)) violations.push(`write ${serial} is in the log twice`);
    if (serial !== undefined) written.add(serial);
  }
  return acknowledged;
}

function replay(
  before: Verified,
  events: readonly StoreEvent[],
  violations: string[],
): Map<string, StoredValue> {
  const values = new Map(before.values);
  for (const { type, key, revision, value, previous } of events) {
    if (!isSameValue(previous, values.get(key))) {
      violations.push(`revision ${revision} of ${key} does not follow the state before it`);
    }
    if (type === "delete") values.delete(key);
    else values.set(key, { key, revision, value });
  }
  return values;
}

async function checkList(store: Store, state: Verified, violations: string[]): Promise<void> {
  const { items, revision } = await store.list("");
  if (revision !== state.revision)
    violations.push(`a list is at ${revision}, the store at ${state.revision}`);
  if (items.length !== state.values.size) {
    violations.push(`the store holds ${items.length} values, its log makes ${state.values.size}`);
  }
  for (const item of items) {
    if (!isSameValue(item, state.values.get(item.key)))
      violations.push(`${item.key} is not what its log says`);
  }
}

function isSameValue(a: StoredValue | undefined, b: StoredValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.revision === b.revision && a.value.equals(b.value);
}

const isSameEvent = (a: StoreEvent, b: StoreEvent | undefined): boolean =>
  b !== undefined &&
  a.type === b.type &&
  a.key === b.key &&
  a.revision === b.revision &&
  a.value.equals(b.value);
