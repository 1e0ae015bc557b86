/**
 * Work in the background, so much at once, where groups take turns: one that has much to do keeps no other waiting for
 * more than a turn.
 */

export interface Turns {
  /**
   * Has a task run when it is its turn. It takes the place of one of the same key that waits, and waits for one that
   * runs. A task must not reject.
   */
  add(group: string, key: string, task: () => Promise<void>): void;
}

export interface TurnsOptions {
  /** Tasks that run at the same time. */
  readonly atOnce: number;
  /** Of these, tasks of one group. */
  readonly ofOneGroup: number;
}

interface Group {
  readonly waiting: Map<string, () => Promise<void>>;
  readonly running: Set<string>;
}

export function createTurns({ atOnce, ofOneGroup }: TurnsOptions): Turns {
  // In the order in which they were last served.
  const groups = new Map<string, Group>();
  let running = 0;

  const start = (name: string, group: Group, key: string, task: () => Promise<void>): void => {
    group.waiting.delete(key);
    group.running.add(key);
    running += 1;
    groups.delete(name);
    groups.set(name, group);
    void task().finally(() => {
      running -= 1;
      group.running.delete(key);
      if (group.running.size + group.waiting.size === 0) groups.delete(name);
      serve();
    });
  };

  const next = (): (() => void) | undefined => {
    for (const [name, group] of groups) {
      if (group.running.size >= ofOneGroup) continue;
      for (const [key, task] of group.waiting) {
        if (group.running.has(key)) continue;
        return () => {
          start(name, group, key, task);
        };
      }
    }
    return undefined;
  };

  const serve = (): void => {
    while (running < atOnce) {
      const begin = next();
      if (begin === undefined) return;
      begin();
    }
  };

  return {
    add(name, key, task) {
      const group = groups.get(name) ?? { waiting: new Map(), running: new Set() };
      group.waiting.set(key, task);
      groups.set(name, group);
      serve();
    },
  };
}
