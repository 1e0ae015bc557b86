import { performance } from "node:perf_hooks";

/** Begins to count; what it returns tells how much of one processor this process has used since. */
export function busySince(): () => number {
  const from = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / (performance.now() - from);
  };
}
