import { execFileSync } from "node:child_process";

/**
 * What seeds are drawn from: the commit that is checked out, or the day where there is none. Undefined in CI, which
 * draws none.
 */
export function testedCommit(
  folder: string,
  today: Date,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (env["CI"] === "true") return undefined;
  try {
    const git = { cwd: folder, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync("git", ["rev-parse", "HEAD"], git).trim();
  } catch {
    return today.toISOString().slice(0, 10);
  }
}
