/**
 * Two replicas, of which the leader is killed under a steady load of writes. HAWSEPIPE_LOAD_SECONDS says how long the
 * load lasts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isApiError } from "../../../api/errors/api-error.ts";
import { createHttpTransport } from "../../../cluster/http-transport.ts";
import { createRestClient } from "../../../cluster/rest-client.ts";
import type { WatchEvent } from "../../../cluster/client.ts";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import { realClock } from "../../../machinery/clock.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { modelDeployments } from "../../support/client.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster, systemNamespace } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { saysItLeads } from "../../support/leading.ts";
import type { LoadClient } from "../../support/load.ts";
import { atRate, createLoadClient } from "../../support/load.ts";
import { aDeployment } from "../../support/objects.ts";

const reason = noControlPlane();
if (reason !== undefined) console.warn(`skipped: a replica killed under load (${reason})`);

const seconds = Number(process.env["HAWSEPIPE_LOAD_SECONDS"] ?? "60");
const writesPerSecond = 50;
/** Objects that are made at first and changed by most of the writes. */
const objects = 100;
/** One write of so many makes an object nobody touches afterwards: only a leader that looks at everything finds it. */
const newOneIn = 25;
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

describe.skipIf(reason !== undefined)("the leader of two replicas killed under load", () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof succeeding>;
  let first: Replica;
  let second: Replica;
  let load: LoadClient;

  beforeAll(async () => {
    cluster = await startCluster();
    load = createLoadClient({ ...cluster.controlPlane.admin, keepAlive: true });
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    const [port = 0] = await freePorts(1);
    first = await cluster.startReplica();
    second = await cluster.startReplica({ port });
    await available(cluster);
    await eventually("a leader", async () => ((await leader()) === "" ? undefined : true));
  });
  afterAll(async () => {
    load.close();
    await cluster.close();
  });

  interface Lease {
    readonly holderIdentity?: string;
    readonly acquireTime: string;
    readonly renewTime: string;
  }
  const lease = async (): Promise<Lease> => {
    const { url } = cluster.controlPlane;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases/hawsepipe-leader`;
    const { status, text } = await load.send(`${url}${path}`, "GET");
    if (status !== 200) throw new Error(`the lease: ${String(status)} ${text}`);
    return (JSON.parse(text) as { spec: Lease }).spec;
  };
  const leader = async (): Promise<string> => (await lease()).holderIdentity ?? "";

  test("loses no acknowledged write, leads on, renders all, and no watch misses or repeats an event", async () => {
    const before = await leader();
    const isLeading = (replica: Replica): boolean => saysItLeads(replica.output());
    const [dying, staying] = isLeading(first) ? [first, second] : [second, first];
    expect(isLeading(staying)).toBe(false);
    // One watch begins at the replica that dies, the other never breaks.
    const watch = followEvents(cluster, [dying.url, staying.url]);
    const witness = followEvents(cluster, [staying.url]);
    await eventually("the watches", () => watch.isOpen && witness.isOpen);

    /** The highest value that was acknowledged, by object. */
    const acknowledged = new Map<string, number>();
    /** The revision each acknowledged write got. */
    const revisions = new Map<string, string>();
    const sent = { toDying: 0, toStaying: 0 };
    const failed = { atDying: 0, atStaying: [] as string[] };
    const dead = { isKnown: false };
    const send = async (n: number, method: string, path: string, body: object): Promise<boolean> => {
      const isToDying = n % 2 === 0 && !dead.isKnown;
      if (isToDying) sent.toDying += 1;
      else sent.toStaying += 1;
      const { status, text } = await load.send(`${isToDying ? dying.url : staying.url}${path}`, method, body);
      if (status !== 200 && status !== 201) {
        if (isToDying) failed.atDying += 1;
        else failed.atStaying.push(`${String(status)} ${text}`);
        return false;
      }
      const { metadata } = JSON.parse(text) as { metadata: { name: string; resourceVersion: string } };
      revisions.set(metadata.resourceVersion, metadata.name);
      return true;
    };
    const total = writesPerSecond * seconds;
    let begun = 0;
    const turns = new Map<string, Promise<void>>();
    const write = async (n: number): Promise<void> => {
      const isNew = n >= objects && n % newOneIn === 0;
      const name = isNew ? `quiet-${String(n)}` : `m-${String(n % objects)}`;
      if (n < objects || isNew) {
        if (await send(n, "POST", collection, aDeployment(name, {}, "team-a"))) acknowledged.set(name, 0);
        return;
      }
      if (!acknowledged.has(name)) return;
      const patch = { metadata: { annotations: { n: String(n) } } };
      if (await send(n, "PATCH", `${collection}/${name}`, patch)) acknowledged.set(name, n);
    };
    /** Writes of one object one after the other, so that the last acknowledged one is known. */
    const writeInTurn = (n: number): Promise<void> => {
      begun += 1;
      const place = String(n % objects);
      const turn = (turns.get(place) ?? Promise.resolve()).then(() => write(n));
      turns.set(place, turn);
      return turn;
    };
    // Where the machine does not keep up, what is due is sent later, and none of it is left out.
    const running = atRate(writesPerSecond, () => begun >= total, writeInTurn);
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 3));
    const died = dying.stop("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 500));
    dead.isKnown = true;
    await died;
    const vanished = await lease();
    expect(vanished.holderIdentity).toBe(before);
    await running;
    // The load was there: one that a slow machine let shrink would prove nothing.
    expect(sent.toDying).toBeGreaterThan(total / 3 / 2 / 2);
    expect(sent.toDying + sent.toStaying).toBeGreaterThan(0.9 * total);
    // Those in flight at its death, and those sent to it until somebody noticed; the other one refuses nothing.
    expect(failed.atDying).toBeLessThan(writesPerSecond * 5);
    expect(failed.atStaying).toEqual([]);

    // The Service of this cluster leads to one of the two.
    const { items } = JSON.parse((await load.send(`${staying.url}${collection}`, "GET")).text) as {
      items: { metadata: { name: string; annotations?: { n?: string } } }[];
    };
    const stored = new Map(
      items.map(({ metadata }) => [metadata.name, Number(metadata.annotations?.n ?? 0)]),
    );
    const lost = [...acknowledged].filter(([name, n]) => (stored.get(name) ?? -1) < n);
    expect(lost).toEqual([]);

    const next = await eventually("another leader", async () => {
      const { holderIdentity, ...times } = await lease();
      return holderIdentity !== "" && holderIdentity !== before ? times : undefined;
    });
    // By the lease itself: not while it might still have been renewed.
    const followedAfter = Date.parse(next.acquireTime) - Date.parse(vanished.renewTime);
    expect(followedAfter).toBeGreaterThanOrEqual(15_000);
    await eventually(
      "everything accepted is rendered",
      async () => {
        const rendered = new Set(
          (await admin("get deployments,services -n team-a -o name")).trim().split("\n"),
        );
        const missing = [...stored.keys()]
          .flatMap((name) => [`deployment.apps/${name}`, `service/${name}`])
          .filter((name) => !rendered.has(name));
        if (missing.length > 0) throw new Error(`not rendered: ${missing.join(", ")}`);
        return true;
      },
      60,
    );

    const last = [...revisions.keys()].reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
    const caughtUp = ({ seen }: { readonly seen: readonly Seen[] }): boolean =>
      seen.some(({ revision }) => BigInt(revision) >= BigInt(last));
    await eventually("the watches to catch up", () =>
      caughtUp(watch) && caughtUp(witness) ? true : undefined,
    );
    await Promise.all([watch.stop(), witness.stop()]);
    expect([watch.errors, witness.errors]).toEqual([[], []]);
    expect(watch.resumed).toBeGreaterThan(0);
    const seen = watch.seen.map(({ revision }) => revision);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...revisions.keys()].filter((revision) => !seen.includes(revision))).toEqual([]);
    const isInOrder = seen.every((revision, i) => i === 0 || BigInt(seen[i - 1] ?? "0") < BigInt(revision));
    expect(isInOrder).toBe(true);
    // Event by event what somebody saw who was never interrupted, the reconciler's writes among them.
    const until = ({ seen: all }: { readonly seen: readonly Seen[] }): readonly Seen[] =>
      all.filter(({ revision }) => BigInt(revision) <= BigInt(last));
    expect(until(watch)).toEqual(until(witness));
    expect(new Set(watch.seen.filter(({ type }) => type === "ADDED").map(({ name }) => name))).toEqual(
      new Set(stored.keys()),
    );
  }, 300_000);
});

interface Seen {
  readonly type: WatchEvent["type"];
  readonly name: string;
  readonly revision: string;
}

/** One watch that goes on at the next server, from the last revision it saw, whenever it breaks. */
function followEvents(
  cluster: Cluster,
  origins: readonly string[],
): {
  readonly seen: readonly Seen[];
  readonly errors: readonly unknown[];
  readonly resumed: number;
  readonly isOpen: true | undefined;
  stop(): Promise<void>;
} {
  const end = new AbortController();
  const isEnded = (): boolean => end.signal.aborted;
  const state = {
    seen: [] as Seen[],
    errors: [] as unknown[],
    resumed: 0,
    isOpen: undefined as true | undefined,
  };
  const { cert, key } = cluster.controlPlane.admin;
  const credentials = { cert, key, skipVerify: true };
  const transports = origins.map((origin) =>
    createHttpTransport({ origin, credentials: () => Promise.resolve(credentials) }),
  );
  const clients = transports.map((transport) =>
    createRestClient({ transport, clock: realClock(), userAgent: "test/1" }),
  );
  const run = async (): Promise<void> => {
    let at: string | undefined;
    for (let i = 0; !isEnded(); i += 1) {
      const client = clients[i % clients.length];
      if (client === undefined) return;
      try {
        at ??= (await client.list(modelDeployments, { namespace: "team-a" })).resourceVersion;
        state.isOpen = true;
        const events = client.watch(modelDeployments, {
          namespace: "team-a",
          resourceVersion: at,
          signal: end.signal,
        });
        for await (const { type, object } of events) {
          const { name = "", resourceVersion: revision = "" } = object.metadata;
          at = revision;
          if (type !== "BOOKMARK") state.seen.push({ type, name, revision });
        }
      } catch (error) {
        // A connection that broke is what this is about; a revision that is too old is a loss.
        if (!isEnded() && !isApiError(error, "ServiceUnavailable")) state.errors.push(error);
      }
      state.resumed += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const running = run();
  return Object.assign(state, {
    async stop() {
      end.abort();
      await running;
      for (const transport of transports) await transport.close();
    },
  });
}
