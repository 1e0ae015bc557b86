/** How late timers ran: the number of them up to each bound in seconds, as a histogram counts. */
export type LoopDelays = ReadonlyMap<number, number>;

const series = /^hawsepipe_event_loop_delay_seconds_bucket\{le="([^"]+)"\}$/;

/** The delays on a metrics page. */
export function loopDelaysOf(metrics: ReadonlyMap<string, number>): LoopDelays {
  const delays = new Map<number, number>();
  for (const [name, count] of metrics) {
    const bound = series.exec(name)?.[1];
    if (bound !== undefined) delays.set(bound === "+Inf" ? Infinity : Number(bound), count);
  }
  return delays;
}

/** Milliseconds below which 99 of 100 timers were late between two readings, interpolated as Prometheus does. */
export function p99Between(before: LoopDelays, after: LoopDelays): number {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0));
  const rank = (counts.at(-1) ?? 0) * 0.99;
  const at = counts.findIndex((count) => count >= rank);
  const [upper = 0, lower = 0] = [bounds[at], bounds[at - 1]];
  if (upper === Infinity) return lower * 1000;
  const [to = 0, from = 0] = [counts[at], counts[at - 1]];
  return (to === from ? upper : lower + ((upper - lower) * (rank - from)) / (to - from)) * 1000;
}
