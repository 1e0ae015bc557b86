import type { Store, StoreListener } from "../storage/store.ts";

/** A store as a replica sees it that hears late of what others write. */
export interface LaggingStore extends Store {
  /** How often it was asked what is newest. */
  readonly questions: number;
}

/**
 * Another view of a store. Its watches hold back what comes until somebody asks for the newest revision or has written
 * something through this view, which is the latest a store may tell.
 */
export function laggingStore(store: Store): LaggingStore {
  const held: (() => void)[] = [];
  const catchUp = (): void => {
    for (const deliver of held.splice(0)) deliver();
  };
  const thenCatchUp = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    catchUp();
    return value;
  };
  let questions = 0;
  return {
    get questions() {
      return questions;
    },
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    create: (key, value) => thenCatchUp(store.create(key, value)),
    update: (key, value, expected) => thenCatchUp(store.update(key, value, expected)),
    delete: (key, expected, last) => thenCatchUp(store.delete(key, expected, last)),
    watch: (prefix, after, listener) => store.watch(prefix, after, holding(listener, held)),
    currentRevision: (key) => {
      questions += 1;
      return thenCatchUp(store.currentRevision(key));
    },
    compact: (revision) => store.compact(revision),
    compactedRevision: () => store.compactedRevision(),
    close: () => Promise.resolve(),
  };
}

const holding = (listener: StoreListener, held: (() => void)[]): StoreListener => ({
  event: (event) => {
    held.push(() => {
      listener.event(event);
    });
  },
  closed: (error) => {
    listener.closed(error);
  },
});
