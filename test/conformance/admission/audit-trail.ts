import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Ways } from "../twins/aggregated.ts";

/** Notes kube-apiserver makes of how a request was authorized and how long it took, not of its admission. */
const notOfAdmission = /^(?:authorization|apiserver\.latency|authentication)\.k8s\.io\//;
const patience = 30_000;
/** The user agent of requests that only wait for something: how many they are is nobody's business. */
export const waiting = "waiting/1.0";
const kinds: ReadonlySet<string> = new Set(["twins", "plains"]);
/** No line of a log is longer. */
const longest = 1024 * 1024;

/** What the audit logs of both servers note beside requests in a namespace, from one look to the next. */
export class AuditTrail {
  readonly #ways: Ways;
  readonly #namespace: string;
  readonly #native: LogTail;
  readonly #ours: LogTail;

  /** Objects without a namespace belong to whoever looks. */
  constructor(ways: Ways, namespace: string) {
    this.#ways = ways;
    this.#namespace = namespace;
    this.#native = new LogTail(ways.auditLogs.native);
    this.#ours = new LogTail(ways.auditLogs.ours);
  }

  /** What was noted differently. The logs are written a moment after the answers. */
  async compare(): Promise<readonly string[]> {
    for (const until = Date.now() + patience; ;) {
      const real = notesOf(this.#native.lines(), this.#namespace);
      const here = notesOf(
        this.#ours.lines().map((line) => this.#ways.known(line)),
        this.#namespace,
      );
      const isOver = Date.now() > until;
      if ((real.count === 0 || real.count !== here.count) && !isOver) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      this.#native.forget(real.lines);
      this.#ours.forget(here.lines);
      const [a, b] = [real, here].map(({ notes }) => notes.join("\n"));
      return a === b ? [] : [`noted by kube-apiserver:\n${a!}\nnoted by hawsepipe:\n${b!}`];
    }
  }
}

/** What is written to a log from now on. A log grows by megabytes, so only what is new is read. */
class LogTail {
  readonly #file: string;
  #lines: string[] = [];
  #rest = Buffer.alloc(0);
  #at: number;

  constructor(file: string) {
    this.#file = file;
    const { size } = statSync(file);
    const end = this.#read(Math.max(0, size - longest), size);
    // A line that is being written is one of those to come.
    this.#at = size - (end.length - (end.lastIndexOf("\n") + 1));
  }

  /** The whole lines that are not forgotten. */
  lines(): readonly string[] {
    const text = Buffer.concat([this.#rest, this.#more()]);
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) this.#lines.push(...text.toString("utf8", 0, end - 1).split("\n"));
    this.#rest = text.subarray(end);
    return this.#lines;
  }

  forget(count: number): void {
    this.#lines = this.#lines.slice(count);
  }

  #more(): Buffer {
    const bytes = this.#read(this.#at, statSync(this.#file).size);
    this.#at += bytes.length;
    return bytes;
  }

  #read(from: number, to: number): Buffer {
    const file = openSync(this.#file, "r");
    try {
      const bytes = Buffer.alloc(to - from);
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
    } finally {
      closeSync(file);
    }
  }
}

interface Notes {
  readonly lines: number;
  /** How many of them are of requests for the kind under comparison. */
  readonly count: number;
  readonly notes: readonly string[];
}

function notesOf(lines: readonly string[], namespace: string): Notes {
  const events = lines
    .map(
      (line) =>
        JSON.parse(line) as {
          objectRef?: { namespace?: string; resource?: string };
          userAgent?: string;
          annotations?: Record<string, string>;
          verb: string;
        },
    )
    .filter(({ objectRef }) => kinds.has(objectRef?.resource ?? ""))
    .filter(({ objectRef }) => [undefined, namespace].includes(objectRef?.namespace))
    .filter(({ userAgent }) => userAgent !== waiting);
  const notes = events.map(({ verb, annotations = {} }) => {
    const kept = Object.entries(annotations).filter(([key]) => !notOfAdmission.test(key));
    return `${verb} ${JSON.stringify(Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
  });
  return { lines: lines.length, count: events.length, notes };
}
