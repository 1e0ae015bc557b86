/** What the script says where something is missing; with everything there it needs containers, which tests do not have. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = path.join(import.meta.dirname, "up.sh");
let programs: string;

beforeEach(() => {
  programs = mkdtempSync(path.join(tmpdir(), "hawsepipe-kind-"));
  for (const name of ["bash", "dirname"]) symlinkSync(path.join("/usr/bin", name), path.join(programs, name));
});
afterEach(() => {
  rmSync(programs, { recursive: true, force: true });
});

/** A program that ends with this code and does nothing. */
function fake(name: string, code: number): void {
  const file = path.join(programs, name);
  writeFileSync(file, `#!${path.join(programs, "bash")}\nexit ${String(code)}\n`);
  chmodSync(file, 0o755);
}

const run = (): Promise<{ readonly code: number; readonly stderr: string }> =>
  new Promise((resolve) => {
    execFile("bash", [script], { env: { PATH: programs } }, (error, _stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stderr });
    });
  });

test.each([
  { missing: "kind", there: ["kubectl", "docker"], want: "kind is not installed" },
  { missing: "kubectl", there: ["kind", "docker"], want: "kubectl is not installed" },
  { missing: "a container engine", there: ["kind", "kubectl"], want: "neither docker nor podman" },
])("without $missing it says so and does nothing", async ({ there, want }) => {
  for (const name of there) fake(name, 0);
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr).toContain(want);
});

test("a container engine that does not run counts as none", async () => {
  fake("kind", 0);
  fake("kubectl", 0);
  fake("docker", 1);
  expect((await run()).stderr).toContain("neither docker nor podman is there and running");
});
