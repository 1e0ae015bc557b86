import { createHash } from "node:crypto";

/** A name no longer than the given one or 16 characters, valid wherever that is, that nothing else uses. */
export function probeName(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex");
  const length = Math.min(63, Math.max(16, name.length));
  return `dry-run-${hash}`.slice(0, length);
}
