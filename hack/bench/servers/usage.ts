import { readFileSync } from "node:fs";

/** What processes have used since they started. */
export interface Usage {
  /** User and system time; Linux counts it in hundredths of a second. */
  readonly cpuSeconds: number;
  /** What is resident now. */
  readonly residentKiB: number;
}

/** The sum over the processes. */
export function usageOf(pids: readonly (number | undefined)[]): Usage {
  let cpuSeconds = 0;
  let residentKiB = 0;
  for (const pid of pids) {
    const fields =
      readFileSync(`/proc/${String(pid)}/stat`, "utf8")
        .split(") ")[1]
        ?.split(" ") ?? [];
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / 100;
    const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
    residentKiB += Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  }
  return { cpuSeconds, residentKiB };
}
