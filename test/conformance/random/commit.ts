import { execFileSync } from "node:child_process";

/** What the tests run on: the commit that is checked out, or the day where there is none. */
export function testedCommit(folder: string, today: Date): string {
  try {
    const git = { cwd: folder, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync("git", ["rev-parse", "HEAD"], git).trim();
  } catch {
    return today.toISOString().slice(0, 10);
  }
}
