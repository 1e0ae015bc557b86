import { readFileSync } from "node:fs";
import type { Ways } from "../twins/aggregated.ts";

/** Notes kube-apiserver makes of how a request was authorized and how long it took, not of its admission. */
const notOfAdmission = /^(?:authorization|apiserver\.latency|authentication)\.k8s\.io\//;
const patience = 3000;

/** What the audit logs of both servers note beside requests, from one look to the next. */
export class AuditTrail {
  readonly #ways: Ways;
  #native: number;
  #ours: number;

  constructor(ways: Ways) {
    this.#ways = ways;
    this.#native = linesOf(ways.auditLogs.native).length;
    this.#ours = linesOf(ways.auditLogs.ours).length;
  }

  /** Resolves when nothing more is being written. */
  async settled(): Promise<void> {
    for (let before = -1; ;) {
      const { native, ours } = this.#ways.auditLogs;
      const now = linesOf(native).length + linesOf(ours).length;
      if (now === before) return;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** What was noted differently. The logs are written a moment after the answers. */
  async compare(): Promise<readonly string[]> {
    const { native, ours } = this.#ways.auditLogs;
    for (const until = Date.now() + patience; ;) {
      const real = notesOf(linesOf(native).slice(this.#native));
      const here = notesOf(
        linesOf(ours)
          .slice(this.#ours)
          .map((line) => this.#ways.known(line)),
      );
      const isOver = Date.now() > until;
      if ((real.count === 0 || real.count !== here.count) && !isOver) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      this.#native += real.lines;
      this.#ours += here.lines;
      const [a, b] = [real, here].map(({ notes }) => notes.join("\n"));
      return a === b ? [] : [`noted by kube-apiserver:\n${a!}\nnoted by hawsepipe:\n${b!}`];
    }
  }
}

/** The whole lines of a log. */
function linesOf(file: string): readonly string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1);
}

interface Notes {
  readonly lines: number;
  /** How many of them are of requests for the kind under comparison. */
  readonly count: number;
  readonly notes: readonly string[];
}

function notesOf(lines: readonly string[]): Notes {
  const events = lines
    .map(
      (line) =>
        JSON.parse(line) as {
          objectRef?: { namespace?: string; resource?: string };
          annotations?: Record<string, string>;
          verb: string;
        },
    )
    .filter(({ objectRef }) => objectRef?.resource === "twins" || objectRef?.resource === "plains");
  const notes = events.map(({ verb, annotations = {} }) => {
    const kept = Object.entries(annotations).filter(([key]) => !notOfAdmission.test(key));
    return `${verb} ${JSON.stringify(Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
  });
  return { lines: lines.length, count: events.length, notes };
}
