/**
 * The cluster's etcd, or its API server, stands still for a while: nothing is taken for gone, every answer is true and in
 * the form clients know, and everything goes on by itself afterwards. What is asked, is asked of the server itself, because
 * kube-apiserver answers for itself when it cannot work.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster, usable } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { rawHttps } from "../../support/raw-https.ts";
import { suspend } from "../../support/suspend.ts";

const reason = noControlPlane();
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

/** What an answer may be while the cluster cannot be asked: done, refused for a reason that is true, or "come back". */
const reasonsOf: Readonly<Record<number, readonly string[]>> = {
  409: ["AlreadyExists", "Conflict"],
  429: ["TooManyRequests"],
  503: ["ServiceUnavailable"],
  504: ["Timeout"],
};

interface Outcome {
  readonly what: string;
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** What is wrong with an answer, in words; undefined when nothing is. */
function flaw({ status, text, retryAfter }: Outcome): string | undefined {
  if (status === 200 || status === 201) return undefined;
  const said = `${String(status)} ${text}`;
  const reasons = reasonsOf[status];
  if (reasons === undefined) return said;
  let body: { kind?: string; status?: string; code?: number; reason?: string };
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    return `no Status: ${said}`;
  }
  const { kind, status: success, code, reason = "" } = body;
  const isStatus = kind === "Status" && success === "Failure" && code === status && reasons.includes(reason);
  if (!isStatus) return `not the Status of its code: ${said}`;
  return (status === 429 || status === 503) && retryAfter === undefined
    ? `no Retry-After: ${said}`
    : undefined;
}

interface Caller {
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

describe.skipIf(reason !== undefined)("a cluster that stands still", () => {
  let cluster: Cluster;
  let server: Replica;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;
  /** Those whose rights are asked about, by certificate and by token. */
  let alice: Caller;
  let robot: Caller;

  beforeAll(async () => {
    // With the garbage collector, which must not take an owner that cannot be read for one that is gone.
    cluster = await startCluster({ controllerManager: true });
    server = await cluster.startReplica();
    await usable(cluster);
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    await admin("create serviceaccount robot -n team-a");
    await admin(
      "create rolebinding edit --clusterrole=edit --user=alice --user=bob --serviceaccount=team-a:robot -n team-a",
    );
    alice = await cluster.controlPlane.certificates.issue("alice", []);
    robot = await aRobot();
    await admin("create -f -", aDeployment("one", {}, "team-a"));
    await eventually("rendered", async () =>
      (await cluster.admin("get deployment one -n team-a")).code === 0 ? true : undefined,
    );
    // The controller that puts roles together adds what is from view by another step.
    const write = { method: "POST", body: aDeployment("rights", {}, "team-a") };
    for (const caller of [alice, robot]) {
      await eventually("the rights of view", async () =>
        (await ask("", collection, { caller })).status === 200 ? true : undefined,
      );
      await eventually("the rights of edit", async () =>
        (await ask("", `${collection}?dryRun=All`, { caller, ...write })).status === 201 ? true : undefined,
      );
    }
  });
  afterAll(async () => {
    for (const name of ["etcd", "kube-apiserver"]) resume(name);
    await cluster.close();
  });

  /** With a token nobody has shown yet. */
  async function aRobot(): Promise<Caller> {
    const token = await admin("create token robot -n team-a --duration=1h");
    return { headers: { authorization: `Bearer ${token.trim()}` } };
  }

  /** Lets one program of the control plane go on. */
  function resume(program: string): void {
    const pid = cluster.controlPlane.programs.find((each) => each.name === program)?.pid;
    if (pid !== undefined) process.kill(pid, "SIGCONT");
  }

  interface Question {
    readonly caller: Caller;
    readonly method?: string;
    readonly body?: object;
    readonly type?: string;
    /** Instead of the server itself. */
    readonly origin?: string;
  }

  /** Sends and waits for the answer however long it takes; 0 is a connection that broke. */
  async function ask(what: string, path: string, question: Question): Promise<Outcome> {
    const { caller, method = "GET", body, origin = server.url } = question;
    const type = question.type ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json");
    const request = {
      ...caller,
      method,
      headers: { ...caller.headers, ...(body === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return rawHttps(`${origin}${path}`, request).then(
      ({ status, text, headers }) => {
        const retryAfter = headers["retry-after"];
        return { what, status, text, retryAfter: retryAfter === undefined ? undefined : String(retryAfter) };
      },
      (error: unknown) => ({ what, status: 0, text: String(error), retryAfter: undefined }),
    );
  }

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  const one = `${collection}/one`;
  const uidOf = (kind: string): Promise<string> =>
    admin(`get ${kind} one -n team-a -o jsonpath={.metadata.uid}`);

  /** One of each kind of write. */
  function writes(caller: Caller, name: string): Promise<Outcome>[] {
    const object = aDeployment(name, {}, "team-a");
    const write = (path: string, method: string, body?: object, type?: string): Promise<Outcome> =>
      ask("write", path, {
        caller,
        method,
        ...(body === undefined ? {} : { body }),
        ...(type === undefined ? {} : { type }),
      });
    return [
      write(collection, "POST", object),
      write(`${collection}?dryRun=All`, "POST", aDeployment(`${name}-dry`, {}, "team-a")),
      write(one, "PATCH", { metadata: { annotations: { seen: name } } }),
      write(`${one}/scale`, "PATCH", { spec: { replicas: 2 } }),
      write(
        `${one}?fieldManager=test`,
        "PATCH",
        {
          apiVersion: "hawsepipe.dev/v1alpha2",
          kind: "ModelDeployment",
          metadata: { name: "one", labels: { seen: name } },
        },
        "application/apply-patch+yaml",
      ),
      write(`${one}?dryRun=All`, "DELETE"),
    ];
  }

  test("etcd away: no false 404, nothing deleted, every answer true, and full recovery without help", async () => {
    const uids = [await uidOf("deployment"), await uidOf("service")];
    const asked: Promise<Outcome>[] = [];
    const callers = [cluster.controlPlane.admin, alice, robot];
    await suspend(cluster.controlPlane, "etcd");
    for (let second = 0; second < 30; second += 1) {
      const caller = callers[second % callers.length] ?? alice;
      const cached =
        caller === cluster.controlPlane.admin ? "cached" : "cached, for who has to be asked about";
      const described = cached.replace("cached", "described");
      asked.push(
        ask("exact", one, { caller }),
        ask("exact", collection, { caller }),
        ask(cached, `${one}?resourceVersion=0`, { caller }),
        ask(cached, `${collection}?resourceVersion=0`, { caller }),
        ask(described, "/apis/hawsepipe.dev/v1alpha2", { caller }),
        ask(described, "/openapi/v3/apis/hawsepipe.dev/v1alpha2", { caller }),
        ask("through kube-apiserver", one, { caller, origin: cluster.controlPlane.url }),
      );
      if (second % 5 === 0) asked.push(...writes(caller, `meanwhile-${String(second)}`));
      await pause(1000);
    }
    resume("etcd");
    const answers = await Promise.all(asked);
    const of = (wanted: string): readonly Outcome[] => answers.filter(({ what }) => what === wanted);
    const others = (wanted: string, ...statuses: readonly number[]): readonly Outcome[] =>
      of(wanted).filter(({ status }) => !statuses.includes(status));
    // From memory, all the time, to those whose rights need no question.
    expect(others("cached", 200)).toEqual([]);
    expect(others("described", 200)).toEqual([]);
    for (const what of ["cached", "described"])
      expect(others(`${what}, for who has to be asked about`, 200, 503)).toEqual([]);
    // What must be true now waits for etcd or says to come back; it never says that something is not there.
    expect(others("exact", 200, 503)).toEqual([]);
    expect(of("exact").filter(({ status }) => status === 503).length).toBeGreaterThan(10);
    expect(of("write").filter(({ status }) => status >= 500).length).toBeGreaterThan(0);
    const direct = answers.filter(({ what }) => what !== "through kube-apiserver");
    expect(direct.map(flaw).filter((each) => each !== undefined)).toEqual([]);
    // kube-apiserver answers for itself here too; what it says of us must not be that something is not there.
    expect(others("through kube-apiserver", 200, 429, 500, 503, 504)).toEqual([]);
    // A list is complete or none.
    const lists = answers.filter(
      ({ what, text }) => !what.startsWith("described") && text.includes("ModelDeploymentList"),
    );
    for (const { text } of lists) {
      const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toContain("one");
    }

    await available(cluster, 60);
    await eventually(
      "writes work again",
      async () => {
        const { code, stderr } = await cluster.admin("create -f -", aDeployment("after", {}, "team-a"));
        if (code === 0 || stderr.includes("already exists")) return true;
        throw new Error(stderr);
      },
      60,
    );
    // Whatever was acknowledged is there.
    const names = of("write")
      .filter(({ status }) => status === 201)
      .map(({ text }) => (JSON.parse(text) as { metadata: { name: string } }).metadata.name)
      .filter((name) => !name.endsWith("-dry"));
    for (const name of [...names, "after"]) {
      await eventually(
        `${name} to be rendered`,
        async () =>
          (await cluster.admin(`get mdep/${name} deployment/${name} service/${name} -n team-a`)).code === 0
            ? true
            : undefined,
        60,
      );
    }
    expect([await uidOf("deployment"), await uidOf("service")]).toEqual(uids);
  }, 240_000);

  test("kube-apiserver away: whose rights nobody can tell is told to come back, and neither refused nor let in", async () => {
    // Nobody has asked about these yet, and what was answered is remembered for a while.
    const bob = await cluster.controlPlane.certificates.issue("bob", []);
    const stranger = await cluster.controlPlane.certificates.issue("mallory", []);
    const fresh = await aRobot();
    await suspend(cluster.controlPlane, "kube-apiserver");
    const asked = [bob, fresh, stranger].flatMap((caller) => [
      ask("read", one, { caller }),
      ask("read", `${collection}?resourceVersion=0`, { caller }),
      ...writes(caller, "nobody-knows"),
    ]);
    const answers = await Promise.all(asked);
    resume("kube-apiserver");
    expect(answers.map(flaw).filter((each) => each !== undefined)).toEqual([]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    await available(cluster, 60);
    await eventually("bob to be known", async () =>
      (await ask("", one, { caller: bob })).status === 200 ? true : undefined,
    );
    const refused = await eventually("the stranger to be known", async () => {
      const answer = await ask("", one, { caller: stranger });
      return answer.status === 503 ? undefined : answer;
    });
    expect(refused.status).toBe(403);
  }, 120_000);
});
