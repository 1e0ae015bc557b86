import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCrashTest } from "../../../hack/crash/run.ts";

test("a process killed while writing loses nothing it acknowledged", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crash-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const result = await runCrashTest({ path: join(folder, "store.db"), rounds: 5, seed: 3 });
  expect(result.violations).toEqual([]);
  expect(result.acknowledged).toBeGreaterThan(0);
});
