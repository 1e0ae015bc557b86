import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../server/http/logger.ts";
import { AppendFile } from "./append-file.ts";

test("what cannot be written is lost and told once; what comes later is written again", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "append-"));
  const told: unknown[] = [];
  const logger = { ...silentLogger, error: (...args: unknown[]) => void told.push(args) };
  const file = new AppendFile(path.join(root, "later", "log"), logger);
  file.write("1\n");
  file.write("2\n");
  await file.close();
  expect(told).toHaveLength(1);
  mkdirSync(path.join(root, "later"));
  file.write("3\n");
  file.write("4\n");
  await file.close();
  expect(readFileSync(path.join(root, "later", "log"), "utf8")).toBe("3\n4\n");
  rmSync(root, { recursive: true });
});
