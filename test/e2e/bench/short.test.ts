/** The benchmark in its short form: that every measure works on every server, not how fast anything is. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../../../hack/bench/report/run.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { removeDirectory, repository, temporaryDirectory } from "../../support/standalone.ts";

const reason = noControlPlane();
if (reason !== undefined) console.warn(`skipped: the short form of the benchmark (${reason})`);

describe.skipIf(reason !== undefined)("the short form of the benchmark", () => {
  const folder = temporaryDirectory();
  let run: Run;

  beforeAll(async () => {
    const file = path.join(folder, "run.json");
    const args = [path.join(repository, "hack/bench/main.ts"), "--quick", "--json", file];
    await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
    run = JSON.parse(readFileSync(file, "utf8")) as Run;
  }, 900_000);
  afterAll(() => {
    removeDirectory(folder);
  });

  const all = ["aggregated", "bare", "native", "standalone"];
  const served = ["aggregated", "native", "standalone"];
  const ours = ["aggregated", "standalone"];

  test.each([
    { measure: "list", servers: all, rows: 6 },
    { measure: "get", servers: all, rows: 1 },
    { measure: "writes", servers: served, rows: 5 },
    { measure: "watch", servers: served, rows: 4 },
    { measure: "informers", servers: served, rows: 2 },
    { measure: "webhook", servers: ["bare", "standalone"], rows: 17 },
    { measure: "reconcile", servers: ours, rows: 3 },
    { measure: "start", servers: ["standalone"], rows: 3 },
    { measure: "memory", servers: ["native", "standalone"], rows: 2 },
    { measure: "render", servers: ["standalone"], rows: 6 },
    { measure: "generation", servers: ["standalone"], rows: 3 },
  ])("$measure has $rows figures of each of $servers", ({ measure, servers, rows }) => {
    const found = run.rows.filter((row) => row.measure === measure);
    expect(found).toHaveLength(rows);
    for (const row of found) {
      // The bare server has one process.
      const expected = row.what.endsWith("two processes") ? ["standalone"] : servers;
      expect(Object.keys(row.servers).sort()).toEqual(expected);
      for (const { value, low, high } of Object.values(row.servers)) {
        expect(value).not.toBeNaN();
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThanOrEqual(high);
      }
    }
  });

  test("tells what a write through the aggregator asks of the cluster", () => {
    const found = run.rows.filter(({ measure }) => measure === "parts").map(({ what }) => what);
    expect(found).toEqual(
      expect.arrayContaining(["the whole CREATE", "POST records", "APPLY deployments, dry run"]),
    );
  });

  test("measures everything", () => {
    expect(run.failures).toEqual([]);
  });

  test("says what was compared, where", () => {
    expect(Object.keys(run.machine.versions)).toEqual(["node", "kube-apiserver", "etcd"]);
    expect(run.machine.processors).toMatch(/^\d+ × /);
  });

  test("has every server send about as many bytes of a list, and the bare one repeats ours", () => {
    for (const { what, servers } of run.rows.filter(({ measure }) => measure === "list")) {
      const { bare, standalone, native, aggregated } = servers;
      const relative = (other: { readonly bytes?: number } | undefined): number =>
        (other?.bytes ?? 0) / (standalone?.bytes ?? 1);
      // Ages in a Table grow meanwhile.
      expect(relative(bare), what).toBeGreaterThan(0.95);
      expect(relative(bare), what).toBeLessThan(1.05);
      // The same objects, but for their managed fields and the length of a resource version.
      for (const other of [native, aggregated]) {
        expect(relative(other), what).toBeGreaterThan(0.5);
        expect(relative(other), what).toBeLessThan(2);
      }
    }
  });
});
