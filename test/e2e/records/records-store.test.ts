/** The store of records against a real kube-apiserver and etcd. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordResource } from "../../../server/storage/records/record.ts";
import { recordName } from "../../../server/storage/records/record-name.ts";
import { eventually, recorder, text, until } from "../../../server/storage/records/testing/events.ts";
import type { Store } from "../../../server/storage/store.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { RecordsHost } from "../../support/records-host.ts";
import { startRecordsHost } from "../../support/records-host.ts";
import { suspend } from "../../support/suspend.ts";

const missing = noControlPlane([]);
if (missing !== undefined) process.stderr.write(`records against kube-apiserver are skipped: ${missing}\n`);

describe.skipIf(missing !== undefined)("records in a real host", () => {
  let host: RecordsHost;
  let namespace: string;
  let a: Store;
  let b: Store;
  let stopNoise: () => Promise<void>;

  beforeAll(async () => {
    host = await startRecordsHost();
    namespace = await host.namespace();
    a = await host.open(namespace);
    b = await host.open(namespace);
    stopNoise = makeNoise(host);
  });
  afterAll(async () => {
    await stopNoise();
    await host.close();
  });

  test("events say what changed, to what and from what, in both replicas", async () => {
    const seen = [recorder(), recorder()];
    await a.watch("/life/", await a.currentRevision(), seen[0]!);
    await b.watch("/life/", await b.currentRevision(), seen[1]!);
    const created = await a.create("/life/x", text("1"));
    const updated = await b.update("/life/x", text("2"), created);
    const same = await a.update("/life/x", text("2"), updated);
    const gone = await b.delete("/life/x", same, text("last"));
    const again = await a.create("/life/x", text("3"));
    await expect(b.create("/life/x", text("4"))).rejects.toMatchObject({ kind: "KeyExists" });
    await expect(b.update("/life/x", text("4"), created)).rejects.toMatchObject({ kind: "Conflict" });
    await expect(a.delete("/life/never", 1)).rejects.toMatchObject({ kind: "Conflict" });
    await b.currentRevision();
    const want = [
      `create /life/x@${created} 1`,
      `update /life/x@${updated} 2 was 1@${created}`,
      `update /life/x@${same} 2 was 2@${updated}`,
      `delete /life/x@${gone} last was 2@${same}`,
      `create /life/x@${again} 3`,
    ];
    expect(seen[0]!.told()).toEqual(want);
    expect(seen[1]!.told()).toEqual(want);
    expect([created, updated, same, gone, again]).toEqual(
      [created, updated, same, gone, again].sort((x, y) => x - y),
    );
  });

  test("a read sees every write acknowledged anywhere, with few and with many records", async () => {
    for (const count of [20, 600]) {
      // A few at a time: a write that waits in line for long is given up.
      for (let n = 0; n < count; n += 20) {
        await Promise.all(
          Array.from({ length: 20 }, (_, i) => a.create(`/old-${count}/${n + i}`, text("1"))),
        );
      }
      for (let i = 0; i < 30; i++) {
        const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a];
        const revision = await writer.create(`/read-${count}/${i}`, text("1"));
        expect(await reader.currentRevision()).toBeGreaterThanOrEqual(revision);
        expect((await reader.list(`/read-${count}/`)).items.length).toBe(i + 1);
        expect((await reader.get(`/read-${count}/${i}`))?.revision).toBe(revision);
      }
    }
  });

  test("concurrent increments from both replicas lose nothing", async () => {
    await a.create("/count", text("0"));
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const store = i % 2 === 0 ? a : b;
        for (let done = 0; done < 3;) {
          const { value, revision } = (await store.get("/count"))!;
          try {
            await store.update("/count", text(String(Number(value) + 1)), revision);
            done += 1;
          } catch (error) {
            expect(error).toMatchObject({ kind: "Conflict" });
          }
        }
      }),
    );
    expect((await b.get("/count"))?.value.toString()).toBe("60");
  });

  test("values of 3 MiB and of any bytes come back as they were", async () => {
    const large = text(
      `{"items":[${Array.from({ length: 120_000 }, (_, i) => `{"name":"item-${i}"}`).join()}]}`,
    );
    const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await a.create("/value/large", large);
    await a.create("/value/binary", binary);
    expect(large.length).toBeGreaterThan(2_000_000);
    const late = await host.open(namespace);
    for (const store of [b, late]) {
      expect(Buffer.compare((await store.get("/value/large"))!.value, large)).toBe(0);
      expect(Buffer.compare((await store.get("/value/binary"))!.value, binary)).toBe(0);
    }
    await late.close();
  });

  test.each([
    ["etcd", 1.4],
    ["kube-apiserver", 4],
  ])("a value %s does not take is refused at once", async (_who, megabytes) => {
    await expect(a.create("/value/huge", randomBytes(megabytes * 1024 * 1024))).rejects.toMatchObject({
      code: 500,
      message: "etcdserver: request is too large",
    });
    expect(await a.get("/value/huge")).toBeUndefined();
  });

  test("a store opened later has the same values and revision, from pages", async () => {
    const late = await host.open(namespace);
    expect(await late.currentRevision()).toBe(await a.currentRevision());
    const shape = async (store: Store): Promise<unknown[]> =>
      (await store.list("")).items.map(({ key, revision, value }) => [
        key,
        revision,
        value.toString("base64"),
      ]);
    expect(await shape(late)).toEqual(await shape(a));
    await late.close();
  });

  test("an etcd that stops for a while costs availability, never truth", async () => {
    const revision = await a.create("/away", text("1"));
    const seen = recorder();
    await b.watch("/away", revision, seen);
    const etcd = host.plane.programs.find(({ name }) => name === "etcd")!;
    try {
      await suspend(host.plane, "etcd");
      const outcomes = await Promise.allSettled([
        a.get("/away"),
        a.list("/away"),
        a.currentRevision(),
        b.get("/never"),
      ]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "Unavailable" } });
      }
      const write = a.update("/away", text("2"), revision);
      await expect(write).rejects.toMatchObject({ kind: "Unavailable" });
    } finally {
      process.kill(etcd.pid!, "SIGCONT");
    }
    for (const store of [a, b]) await eventually(async () => (await store.currentRevision()) > 0);
    // The write that was left open took effect or did not, and still may until another one has taken its place; nobody
    // may see it twice or see two truths.
    const [mine, next] = await replaced("/away", text("3"));
    expect((await b.get("/away"))?.revision).toBe(next);
    await until(() => seen.events.at(-1)?.revision === next);
    expect(seen.ended).toBe("not yet");
    expect(seen.told()).toEqual(
      mine === revision
        ? [`update /away@${next} 3 was 1@${revision}`]
        : [`update /away@${mine} 2 was 1@${revision}`, `update /away@${next} 3 was 2@${mine}`],
    );
  });

  /** Replaces whatever there is; the revision that was replaced, and the new one. */
  async function replaced(key: string, value: Buffer): Promise<readonly [number, number]> {
    for (;;) {
      const { revision } = (await a.get(key))!;
      try {
        return [revision, await a.update(key, value, revision)];
      } catch (error) {
        expect(error).toMatchObject({ kind: "Conflict" });
      }
    }
  }

  test("the records can be read by people", async () => {
    const revision = await a.create("/registry/hawsepipe.dev/modeldeployments/team-a/llama", text('{"a":1}'));
    const record = await host.client.get(recordResource, {
      namespace,
      name: recordName("/registry/hawsepipe.dev/modeldeployments/team-a/llama"),
    });
    expect(record.metadata.resourceVersion).toBe(String(revision));
    expect(record.spec).toMatchObject({ value: '{"a":1}', encoding: "text" });
  });
});

/** Others write to the host all the time, so its resourceVersion never stands still. */
function makeNoise({ client }: RecordsHost): () => Promise<void> {
  const maps = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
  const over = new AbortController();
  const running = (async () => {
    const metadata = { name: "noise", namespace: "default" };
    for (let i = 0; !over.signal.aborted; i++) {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { i: String(i) } };
      // The host is stopped in between.
      await client.apply(maps, object, { fieldManager: "noise" }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return async () => {
    over.abort();
    await running;
  };
}
