/** A binary min-heap by number; equal numbers leave in no particular order. */
export class MinHeap<T> {
  private readonly entries: { readonly at: number; readonly item: T }[] = [];

  get size(): number {
    return this.entries.length;
  }

  peek(): { readonly at: number; readonly item: T } | undefined {
    return this.entries[0];
  }

  push(at: number, item: T): void {
    const { entries } = this;
    entries.push({ at, item });
    let i = entries.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.key(parent) <= this.key(i)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  pop(): { readonly at: number; readonly item: T } | undefined {
    const { entries } = this;
    const top = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return top;
    entries[0] = last;
    let i = 0;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < entries.length && this.key(child) < this.key(least)) least = child;
      }
      if (least === i) return top;
      this.swap(i, least);
      i = least;
    }
  }

  private key(i: number): number {
    return this.entries[i]?.at ?? Number.POSITIVE_INFINITY;
  }

  private swap(i: number, j: number): void {
    const { entries } = this;
    const a = entries[i];
    const b = entries[j];
    if (a === undefined || b === undefined) return;
    entries[i] = b;
    entries[j] = a;
  }
}
