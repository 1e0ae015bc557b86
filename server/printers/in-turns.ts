/** So many forms are made in a few milliseconds, even rows of Tables where none was made before: 150 µs each. */
const batch = 50;

/** Goes through the items and lets everybody else have a turn now and then: no list holds up the others. */
export async function inTurns<T>(items: readonly T[], visit: (item: T, i: number) => void): Promise<void> {
  let i = 0;
  for (const item of items) {
    if (i > 0 && i % batch === 0) await new Promise((resolve) => setImmediate(resolve));
    visit(item, i);
    i += 1;
  }
}
