import type { Clock } from "../machinery/clock.ts";
import type { AuditSink } from "../server/audit/sink.ts";
import { BufferedAuditSink } from "../server/audit/sink.ts";
import type { Logger } from "../server/http/logger.ts";
import { AppendFile } from "./append-file.ts";

/** An audit log in a file: one JSON line per request. */
export interface AuditLog {
  readonly sink: AuditSink;
  /** Writes what is still in memory. */
  close(): Promise<void>;
}

/** Opens the log; lines are added to those that are there. */
export function openAuditLog(
  file: string,
  options: { readonly clock: Clock; readonly logger: Logger },
): AuditLog {
  const lines = new AppendFile(file, options.logger);
  const sink = new BufferedAuditSink({
    output: (text) => {
      lines.write(text);
    },
    clock: options.clock,
  });
  return {
    sink,
    async close() {
      sink.flush();
      await lines.close();
    },
  };
}
