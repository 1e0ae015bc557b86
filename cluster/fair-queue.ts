/** Waiting work by flow; flows take turns, within a flow it is first come, first served. */
export class FairQueue {
  readonly #flows = new Map<string, Set<() => void>>();

  /** Puts work at the end of its flow. The answer takes it out again; false when it had already been started. */
  push(flow: string, start: () => void): () => boolean {
    let waiting = this.#flows.get(flow);
    if (waiting === undefined) {
      waiting = new Set();
      this.#flows.set(flow, waiting);
    }
    waiting.add(start);
    return () => {
      const wasWaiting = this.#flows.get(flow)?.delete(start) ?? false;
      if (this.#flows.get(flow)?.size === 0) this.#flows.delete(flow);
      return wasWaiting;
    };
  }

  /** Takes the next piece of work; its flow goes to the end of the line. */
  shift(): (() => void) | undefined {
    const first = this.#flows.entries().next();
    if (first.done === true) return undefined;
    const [flow, waiting] = first.value;
    this.#flows.delete(flow);
    const [start] = waiting;
    if (start === undefined) return this.shift();
    waiting.delete(start);
    if (waiting.size > 0) this.#flows.set(flow, waiting);
    return start;
  }
}
