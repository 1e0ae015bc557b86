/**
 * Measures the webhooks beside a bare node:https server that parses the same bodies and answers the same bytes, in one
 * run, interleaved, clients in a process of their own. Ratios are what counts: of throughput, which suffers from
 * whatever else the machine does, and of processor time per review, which does so less. `--profile` keeps a CPU profile
 * of our server; with it, name one case.
 *
 * usage: npm run -s node -- hack/bench/webhooks.ts [--requests N] [--rounds N] [--only TEXT] [--profile FOLDER]
 */
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { webhookPaths } from "../../cli/webhooks/handlers.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { realClock } from "../../machinery/clock.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import type { JsonPatchOperation } from "../../machinery/patch/json-patch.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { Pki } from "../../server/authn/pki.ts";
import { removeDirectory, repository, temporaryDirectory } from "../../test/support/standalone.ts";
import type { Job, JobResult, Target } from "./job.ts";
import { median } from "./statistics.ts";
import type { WebhookServerSetup } from "./webhook-server.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "4000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    profile: { type: "string" },
  },
});
const requests = Number(values.requests);
const rounds = Number(values.rounds);

interface Case {
  readonly what: string;
  readonly path: string;
  readonly body: string;
  readonly requests: number;
}

/** A sample as the API server sends it: complete with what it adds. */
function sample(file: string): JsonObject {
  const { value } = decodeYaml(readFileSync(path.join(repository, "manifests/samples", file), "utf8"));
  const object = value as JsonObject;
  const managed = { manager: "kubectl-client-side-apply", operation: "Update", fieldsType: "FieldsV1" };
  object["metadata"] = {
    ...(object["metadata"] as JsonObject),
    namespace: "default",
    uid: "2ad84a8e-4a9e-4ec8-9d1a-3a1d5c6a3c11",
    creationTimestamp: "2026-11-21T01:00:00Z",
    generation: 1,
    managedFields: [
      {
        ...managed,
        apiVersion: object["apiVersion"] ?? "",
        fieldsV1: { "f:spec": { "f:model": { "f:id": {} } } },
      },
    ],
  };
  return object;
}

function admissionReview(resource: JsonObject, kind: string, object: JsonObject, operation: string): string {
  const { group = "", version = "" } = resource;
  const change = operation === "CREATE" ? { oldObject: null } : { oldObject: object };
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group, version, kind },
      resource,
      requestKind: { group, version, kind },
      requestResource: resource,
      name: "demo",
      namespace: "default",
      operation,
      userInfo: { username: "ann", groups: ["team-a", "system:authenticated"] },
      object,
      ...change,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  });
}

function conversionReview(objects: readonly JsonObject[], desired: string): string {
  return JSON.stringify({
    kind: "ConversionReview",
    apiVersion: "apiextensions.k8s.io/v1",
    request: { uid: "u", desiredAPIVersion: desired, objects },
  });
}

/** The body of a review after its mutation, as validation gets to see it. */
async function mutated(target: Target, review: Case): Promise<string> {
  const { response } = JSON.parse(await answerOf(target, review)) as { response: { patch?: string } };
  const body = JSON.parse(review.body) as { request: { object: JsonObject } };
  const patch = JSON.parse(
    Buffer.from(response.patch ?? "W10=", "base64").toString(),
  ) as JsonPatchOperation[];
  body.request.object = applyJsonPatch(body.request.object, patch) as JsonObject;
  return JSON.stringify(body);
}

async function cases(target: Target): Promise<readonly Case[]> {
  const hub = { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" };
  const old = { ...hub, version: "v1alpha1" };
  const [small, full, v1] = ["10-vllm-minimal.yaml", "11-vllm-full.yaml", "31-v1alpha1-vllm-full.yaml"].map(
    sample,
  ) as [JsonObject, JsonObject, JsonObject];
  const page = (object: JsonObject): JsonObject[] => Array.from({ length: 500 }, () => object);
  const review = (url: string, what: string, resource: typeof hub, object: JsonObject): Case => ({
    what,
    path: url,
    body: admissionReview(resource, "ModelDeployment", object, "CREATE"),
    requests,
  });
  const validation = async (what: string, resource: typeof hub, object: JsonObject): Promise<Case> => ({
    what,
    path: webhookPaths.validate,
    body: await mutated(target, review(webhookPaths.mutate, what, resource, object)),
    requests,
  });
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "demo",
      ownerReferences: [
        { apiVersion: "hawsepipe.dev/v1alpha2", kind: "ModelDeployment", name: "demo", controller: true },
      ],
    },
    spec: { replicas: 1, template: full["spec"] ?? {} },
  };
  return [
    review(webhookPaths.mutate, "mutate, minimal", hub, small),
    review(webhookPaths.mutate, "mutate, full", hub, full),
    review(webhookPaths.mutate, "mutate, full v1alpha1", old, v1),
    await validation("validate, minimal", hub, small),
    await validation("validate, full", hub, full),
    await validation("validate, full v1alpha1", old, v1),
    {
      what: "guard, no change",
      path: webhookPaths.guard,
      body: admissionReview(
        { group: "apps", version: "v1", resource: "deployments" },
        "Deployment",
        deployment,
        "UPDATE",
      ),
      requests,
    },
    {
      what: "convert 1",
      path: webhookPaths.convert,
      body: conversionReview([v1], "hawsepipe.dev/v1alpha2"),
      requests,
    },
    {
      what: "convert 500 to v1alpha2",
      path: webhookPaths.convert,
      body: conversionReview(page(v1), "hawsepipe.dev/v1alpha2"),
      requests: Math.ceil(requests / 100),
    },
    {
      what: "convert 500 to v1alpha1",
      path: webhookPaths.convert,
      body: conversionReview(page(full), "hawsepipe.dev/v1alpha1"),
      requests: Math.ceil(requests / 100),
    },
  ];
}

interface Server {
  readonly origin: string;
  readonly child: ChildProcess;
}

async function start(setup: WebhookServerSetup): Promise<Server> {
  const isProfiled = setup.kind === "ours" && values.profile !== undefined;
  const flags = isProfiled ? ["--cpu-prof", "--cpu-prof-dir", values.profile ?? ""] : [];
  const script = path.join(repository, "hack/bench/webhook-server.ts");
  const child = spawn(process.execPath, [...flags, script], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(`${JSON.stringify(setup)}\n`);
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => {
      resolve(chunk.toString().trim());
    });
    child.once("exit", () => {
      reject(new Error("a server of the benchmark ended"));
    });
  });
  return { origin, child };
}

/** One answer, for the bare server to repeat; an answer that is no success ends the run. */
function answerOf(target: Target, { path: url, body, what }: Case): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target.origin + url,
      { method: "POST", ca: target.ca, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isFine = incoming.statusCode === 200 && !/"allowed":false|"status":"Failure"/.test(text);
          if (isFine) resolve(text);
          else reject(new Error(`${what} answered ${String(incoming.statusCode)} ${text.slice(0, 500)}`));
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function load(job: Job): JobResult {
  const child = spawnSync(process.execPath, [path.join(repository, "hack/bench/load.ts")], {
    input: JSON.stringify(job),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
  });
  if (child.status !== 0) throw new Error(`the load generator failed: ${child.stderr.toString()}`);
  const result = JSON.parse(child.stdout.toString()) as JobResult;
  if (result.failures > 0)
    throw new Error(`${String(result.failures)} requests failed: ${result.firstFailure ?? ""}`);
  return result;
}

/** One job against a server, and the processor time it took there for each request, in microseconds. */
function measure(job: Job, server: Server): JobResult & { readonly cpu: number } {
  const before = processorSeconds(server.child);
  const result = load(job);
  return { ...result, cpu: ((processorSeconds(server.child) - before) / job.requests) * 1e6 };
}

/** User and system time, which Linux counts in hundredths of a second. */
function processorSeconds({ pid }: ChildProcess): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const directory = temporaryDirectory();
const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1"] });
const tls = await pki.serving();
const ours = await start({ kind: "ours", ...tls, answers: {} });
const servers: Server[] = [ours];
try {
  // kube-apiserver calls webhooks over HTTP/1.1.
  const target: Target & { allowH2: false } = { origin: ours.origin, ca: pki.ca.cert, allowH2: false };
  console.log(
    `${String(cpus().length)} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}; 16 connections, medians of ${String(rounds)} rounds`,
  );
  console.log(
    ["", "reviews/s", "median ms", "p99 ms", "bare /s", "ours/bare", "CPU µs", "bare CPU µs", "bare/ours"]
      .map((text, i) => (i === 0 ? text.padEnd(26) : text.padStart(12)))
      .join(""),
  );
  for (const one of (await cases(target)).filter(({ what }) => what.includes(values.only))) {
    const bare = await start({
      kind: "bare",
      ...tls,
      answers: { [one.path]: await answerOf(target, one) },
    });
    servers.push(bare);
    const job = {
      method: "POST",
      path: one.path,
      body: one.body,
      requests: one.requests,
      connections: 16,
    } as const;
    const headers = { "content-type": "application/json" };
    const results: Record<"ours" | "bare", ReturnType<typeof measure>>[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const result = {
        ours: measure({ ...job, headers, target }, ours),
        bare: measure({ ...job, headers, target: { ...target, origin: bare.origin } }, bare),
      };
      // The first round warms both up.
      if (round > 0) results.push(result);
    }
    bare.child.stdin?.end();
    const rate = median(results.map((r) => r.ours.perSecond));
    const limit = median(results.map((r) => r.bare.perSecond));
    const cpu = median(results.map((r) => r.ours.cpu));
    const bareCpu = median(results.map((r) => r.bare.cpu));
    console.log(
      [
        one.what,
        rate.toFixed(rate < 100 ? 1 : 0),
        median(results.map((r) => r.ours.median)).toFixed(2),
        median(results.map((r) => r.ours.p99)).toFixed(2),
        limit.toFixed(limit < 100 ? 1 : 0),
        (rate / limit).toFixed(2),
        cpu.toFixed(0),
        bareCpu.toFixed(0),
        (bareCpu / cpu).toFixed(2),
      ]
        .map((text, i) => (i === 0 ? text.padEnd(26) : text.padStart(12)))
        .join(""),
    );
  }
} finally {
  for (const { child } of servers) child.stdin?.end();
  removeDirectory(directory);
}
