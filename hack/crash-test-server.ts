/**
 * Kills a whole standalone server with SIGKILL while clients write and watch, starts it again on the same data, and
 * checks what was promised: every acknowledged write is there with its resourceVersion, no resourceVersion was given
 * twice, and a watch resumed from the last event seen gets exactly the rest.
 *
 * usage: npm run -s node -- hack/crash-test-server.ts [--rounds N] [--writers N]
 */
import { parseArgs } from "node:util";
import type { Client } from "../cluster/client.ts";
import { clientFor, configMaps } from "../test/support/client.ts";
import { removeDirectory, startStandalone, temporaryDirectory } from "../test/support/standalone.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "200" }, writers: { type: "string", default: "16" } },
});
const rounds = Number(values.rounds);
const writers = Number(values.writers);
const namespace = "default";

/** What a client was told: the newest acknowledged resourceVersion and value per object. */
const acknowledged = new Map<string, { readonly revision: number; readonly value: string }>();
/** Writes that were under way when the server died; they may have happened or not. */
const uncertain = new Set<string>();
const revisions = new Map<number, string>();
const violations: string[] = [];
let writes = 0;

async function write(client: Client, name: string, value: string): Promise<void> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { value } };
  uncertain.add(name);
  const known = acknowledged.has(name);
  const { object: stored } = known
    ? await client.mergePatch(configMaps, { namespace, name }, { data: { value } })
    : await client.create(configMaps, object);
  uncertain.delete(name);
  const revision = Number(stored.metadata.resourceVersion);
  const other = revisions.get(revision);
  if (other !== undefined)
    violations.push(`revision ${String(revision)} was given to ${other} and to ${name}`);
  revisions.set(revision, name);
  acknowledged.set(name, { revision, value });
  writes += 1;
}

/** Follows the namespace until the server dies; answers the events seen, in order. */
async function follow(client: Client, from: string, seen: number[], signal: AbortSignal): Promise<void> {
  for await (const { type, object } of client.watch(configMaps, {
    namespace,
    resourceVersion: from,
    signal,
  })) {
    if (type !== "BOOKMARK") seen.push(Number(object.metadata.resourceVersion));
  }
}

async function round(number: number, dataDir: string): Promise<void> {
  const server = await startStandalone({ dataDir, flags: ["--log-level", "error"] });
  const { client, close } = clientFor(server.kubeconfig);
  const stop = new AbortController();
  try {
    await check(client);
    const start = (await client.list(configMaps, { namespace })).resourceVersion;
    const seen: number[] = [];
    const before = writes;
    const watching = follow(client, start, seen, stop.signal).catch(() => undefined);
    const working = Array.from({ length: writers }, async (_unused, writer) => {
      for (let i = 0; ; i += 1)
        await write(client, `w${String(writer)}-${String(i % 20)}`, `${String(number)}-${String(i)}`);
    }).map((work) => work.catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 300));
    await server.stop("SIGKILL");
    stop.abort();
    await Promise.all([...working, watching]);
    await resume(dataDir, start, seen);
    process.stderr.write(
      `\rround ${String(number)}/${String(rounds)}: ${String(writes - before)} acknowledged writes   `,
    );
  } finally {
    stop.abort();
    await close();
    await server.stop("SIGKILL");
  }
}

/** Every acknowledged write is there; what was uncertain is taken as it is now. */
async function check(client: Client): Promise<void> {
  const { items } = await client.list(configMaps, { namespace });
  const stored = new Map(items.map((item) => [item.metadata.name ?? "", item]));
  for (const [name, { revision, value }] of acknowledged) {
    const object = stored.get(name);
    const now = Number(object?.metadata.resourceVersion ?? 0);
    if (object === undefined || now < revision) {
      violations.push(
        `${name} was acknowledged at ${String(revision)} and is ${object === undefined ? "gone" : `at ${String(now)}`}`,
      );
    } else if (now > revision && !uncertain.has(name)) {
      violations.push(`${name} changed to ${String(now)} by nobody after ${String(revision)}`);
    } else if (now === revision && (object["data"] as { value?: string }).value !== value) {
      violations.push(`${name} at ${String(revision)} holds another value`);
    }
  }
  for (const name of uncertain) {
    const object = stored.get(name);
    if (object === undefined) continue;
    const revision = Number(object.metadata.resourceVersion);
    revisions.set(revision, name);
    acknowledged.set(name, { revision, value: (object["data"] as { value: string }).value });
  }
  uncertain.clear();
}

/** After a restart, a watch from the last event seen gets what was missed, once and in order. */
async function resume(dataDir: string, start: string, seen: readonly number[]): Promise<void> {
  const server = await startStandalone({ dataDir, flags: ["--log-level", "error"] });
  const { client, close } = clientFor(server.kubeconfig);
  try {
    const all: number[] = [];
    const rest: number[] = [];
    const read = async (from: string, into: number[]): Promise<void> => {
      const watch = {
        namespace,
        resourceVersion: from,
        timeoutSeconds: 1,
        signal: new AbortController().signal,
      };
      for await (const { type, object } of client.watch(configMaps, watch)) {
        if (type !== "BOOKMARK") into.push(Number(object.metadata.resourceVersion));
      }
    };
    await Promise.all([read(start, all), read(String(seen.at(-1) ?? start), rest)]);
    const joined = [...seen, ...rest];
    if (joined.join() !== all.join()) {
      violations.push(
        `a resumed watch saw ${String(joined.length)} events where there were ${String(all.length)}`,
      );
    }
    if (all.some((revision, i) => i > 0 && revision <= (all[i - 1] ?? 0)))
      violations.push("events out of order");
    const events = new Set(all);
    for (const { revision } of acknowledged.values()) {
      if (revision > Number(start) && !events.has(revision))
        violations.push(`no event for revision ${String(revision)}`);
    }
  } finally {
    await close();
    await server.stop("SIGKILL");
  }
}

const dataDir = temporaryDirectory();
try {
  for (let number = 1; number <= rounds && violations.length === 0; number += 1) await round(number, dataDir);
} finally {
  removeDirectory(dataDir);
}
for (const violation of violations.slice(0, 20)) console.log(`VIOLATION ${violation}`);
console.log(
  `\n${String(rounds)} rounds, ${String(writes)} acknowledged writes, ${String(violations.length)} violations`,
);
process.exitCode = violations.length > 0 ? 1 : 0;
