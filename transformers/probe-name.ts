import { createHash } from "node:crypto";

const prefix = "dry-run-";
/** The shortest that nothing else is likely to have; every kind takes it together with what is made of a name. */
const minLength = 7;

/**
 * The name under which to ask whether a resource could be created while another has its own. Always the same, because
 * refusals repeat it, and no longer than the name itself, because what is made of names has limits of its own.
 */
export function probeName(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex");
  const length = Math.min(63, Math.max(minLength, name.length));
  return `${length < 2 * prefix.length ? prefix.slice(0, 1) : prefix}${hash}`.slice(0, length);
}
