/**
 * Runs every check and every test suite and ends with one line that sums them: `N passed, N failed, N skipped`.
 * A check (lint, types, …) counts as one test. What was skipped is listed with its reason; with E2E=required a
 * suite that cannot run is a failure.
 *
 * usage: npm run verify [-- NAME...]   only the named steps
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Report } from "./failures.ts";
import { failuresOf } from "./failures.ts";

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly why?: string;
  /** What failed, if it is known test by test. */
  readonly failures?: readonly string[];
}

type Counts = Readonly<
  Partial<
    Record<
      "numPassedTests" | "numFailedTests" | "numPendingTests" | "numTodoTests" | "numFailedTestSuites",
      number
    >
  >
>;

interface Step {
  readonly name: string;
  readonly script: string;
  /** A vitest project: counted test by test. */
  readonly isSuite?: boolean;
  /** Answers why the step cannot run here, or nothing when it can. */
  readonly unavailable?: () => Promise<string | undefined>;
  /** May be left out where it cannot run, even where nothing else may: it depends on what others publish. */
  readonly isOptional?: boolean;
}

const reports = "node_modules/.cache/reports";
const isRequired = process.env["E2E"] === "required";

const steps: readonly Step[] = [
  { name: "format", script: "format:check" },
  { name: "lint", script: "lint" },
  { name: "types", script: "typecheck" },
  { name: "arrows", script: "deps:check" },
  { name: "unused", script: "unused" },
  { name: "generated", script: "generate:check" },
  {
    name: "llama-stack",
    script: "schema:llama-stack",
    unavailable: serverPackageUnavailable,
    isOptional: true,
  },
  { name: "unit", script: "test:unit", isSuite: true },
  { name: "integration", script: "test:integration", isSuite: true },
  { name: "conformance", script: "test:conformance", isSuite: true, unavailable: controlPlaneUnavailable },
  { name: "e2e", script: "test:e2e", isSuite: true, unavailable: controlPlaneUnavailable },
  // Of what the suites before it reported.
  { name: "proofs", script: "proofs" },
  { name: "requirements", script: "requirements:check" },
];

/** Gets the Llama Stack server's package, which says whether it takes what is generated for it. */
async function serverPackageUnavailable(): Promise<string | undefined> {
  const { code, output } = await run("npm", [
    "run",
    "--silent",
    "schema:llama-stack",
    "--",
    "--install-only",
  ]);
  return code === 0 ? undefined : (output.trim().split("\n").at(-1) ?? "the server's package cannot be had");
}

/** Builds the control plane once, but for the programs that are given. A cluster for tests is used instead of one. */
let controlPlane: Promise<string | undefined> | undefined;

function controlPlaneUnavailable(): Promise<string | undefined> {
  controlPlane ??= (async () => {
    const isGiven = (name: string): boolean => (process.env[name] ?? "") !== "";
    if (isGiven("HAWSEPIPE_TEST_KUBECONFIG")) return undefined;
    const { code, output } = await run("bash", ["hack/controlplane/build.sh", "all"]);
    if (code === 0) return undefined;
    const why = output.trim().split("\n").at(-1) ?? "the control plane could not be built";
    if (!isGiven("KUBEBUILDER_ASSETS")) return why;
    // What is given is enough for many tests; each of the others says what it lacks.
    console.log(why);
    return undefined;
  })();
  return controlPlane;
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** A suite's counts from vitest's own report; a run that died before it could report is one failure. */
function counts(name: string, report: string, code: number): Outcome {
  try {
    const content = JSON.parse(readFileSync(report, "utf8")) as Report & Counts;
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = content;
    const failed = numFailedTests ?? 0;
    return {
      name,
      passed: numPassedTests ?? 0,
      // A file that does not load fails without a test, and an unhandled error fails the run without either.
      failed: failed > 0 ? failed : (numFailedTestSuites ?? 0) > 0 || code !== 0 ? 1 : 0,
      skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0),
      failures: failuresOf(content),
    };
  } catch {
    return { name, passed: 0, failed: 1, skipped: 0, why: "the suite ended without a report" };
  }
}

/** Where nothing may be missing, a test that was left out is a failure. The providers' CRDs are not part of the project. */
function withoutSkips(outcome: Outcome): Outcome {
  const isComplete = isRequired && process.env["HAWSEPIPE_CRDS"] !== undefined;
  if (!isComplete || outcome.skipped === 0) return outcome;
  return { ...outcome, failed: outcome.failed + outcome.skipped, skipped: 0, why: "tests were left out" };
}

async function runStep(step: Step): Promise<Outcome> {
  const why = await step.unavailable?.();
  if (why !== undefined) {
    const isFailure = isRequired && step.isOptional !== true;
    console.log(`${isFailure ? "FAIL" : "skip"} ${step.name}: ${why}`);
    return { name: step.name, passed: 0, failed: isFailure ? 1 : 0, skipped: isFailure ? 0 : 1, why };
  }
  const report = `${reports}/${step.name}.json`;
  const extra =
    step.isSuite === true ? ["--", "--reporter=default", "--reporter=json", `--outputFile=${report}`] : [];
  const start = performance.now();
  const { code, output } = await run("npm", ["run", "--silent", step.script, ...extra]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const outcome =
    step.isSuite === true
      ? withoutSkips(counts(step.name, report, code))
      : { name: step.name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  if (outcome.failed > 0) console.log(output);
  console.log(
    `${outcome.failed > 0 ? "FAIL" : "ok  "} ${step.name}: ${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped (${seconds} s)`,
  );
  return outcome;
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const wanted = process.argv.slice(2);
const outcomes: Outcome[] = [];
for (const step of steps) {
  if (wanted.length === 0 || wanted.includes(step.name)) outcomes.push(await runStep(step));
}
const sum = (field: "passed" | "failed" | "skipped"): number =>
  outcomes.reduce((all, o) => all + o[field], 0);
const skipped = outcomes.filter((o) => o.skipped > 0);
if (skipped.length > 0) {
  console.log("\nskipped:");
  for (const o of skipped)
    console.log(
      `  ${o.name}: ${o.skipped}${o.why === undefined ? " (see the suite's output)" : `, ${o.why}`}`,
    );
}
const failures = outcomes.flatMap((o) => (o.failures ?? []).map((failure) => `  ${o.name}: ${failure}`));
if (failures.length > 0) console.log(`\nfailed:\n${failures.join("\n")}`);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") > 0 || sum("passed") === 0 ? 1 : 0;
