import { mkdirSync } from "node:fs";
import path from "node:path";
import { pino } from "pino";
import type { Logger } from "../server/http/logger.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines to standard error, or to a file. Credentials are cut out wherever they might appear. */
export function createLogger(level: LogLevel, file?: string): Logger {
  if (file !== undefined) mkdirSync(path.dirname(file), { recursive: true });
  const destination = pino.destination({ dest: file ?? 2, sync: false, mode: 0o600 });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ["*.authorization", "*.cookie", "*.token", "*.key", "authorization", "token", "key"],
    },
    destination,
  );
}
