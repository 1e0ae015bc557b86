/**
 * What both servers say of revisions they have forgotten. kube-apiserver forgets when etcd is compacted, and its watch
 * cache when the definition of the kind changes; a standalone Hawsepipe when it is restored from a backup.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ControlPlane } from "../../../hack/controlplane/start.ts";
import { startControlPlane } from "../../../hack/controlplane/start.ts";
import { restoreBackup } from "../../../server/storage/embedded/restore.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone, temporaryDirectory } from "../../support/standalone.ts";
import { surpriseIn } from "../replay/decisions.ts";
import type { Exchange } from "../replay/exchange.ts";
import { textOf } from "../replay/print.ts";
import { Session } from "../replay/session.ts";
import type { Pair } from "../twins/pair.ts";
import { cached, createNamespace, crds, group, installCrds, jsonRequest } from "../twins/pair.ts";
import type { Sender } from "../twins/wire.ts";
import { readCredentials, Wire } from "../twins/wire.ts";
import { after, before, ofTheFuture } from "./exchanges.ts";

const why = noControlPlane([]);
if (why !== undefined) console.warn(`skipped: ${why}`);
const namespace = "expired";

/** Goes on with another server while the session stays. */
class Redirected implements Sender {
  #to: Sender;

  constructor(to: Sender) {
    this.#to = to;
  }

  redirect(to: Sender): void {
    this.#to.close();
    this.#to = to;
  }

  send: Sender["send"] = (wanted) => this.#to.send(wanted);
  open: Sender["open"] = (wanted) => this.#to.open(wanted);
  close = (): void => {
    this.#to.close();
  };
}

const flags = ["--crds", crds, "--log-level", "warn", "--no-controllers"];

describe.skipIf(why !== undefined)("of what is forgotten", () => {
  let real: ControlPlane;
  let ours: StandaloneServer;
  let wires: { real: Sender; ours: Redirected };
  let session: Session;

  beforeAll(async () => {
    [real, ours] = await Promise.all([startControlPlane(), startStandalone({ flags })]);
    const credentials = { real: readCredentials(real.kubeconfig), ours: readCredentials(ours.kubeconfig) };
    wires = { real: new Wire(credentials.real), ours: new Redirected(new Wire(credentials.ours)) };
    await installCrds(wires.real);
    const pair: Pick<Pair, "real" | "ours"> = {
      real: { name: "kube-apiserver", wire: wires.real, credentials: credentials.real },
      ours: { name: "hawsepipe", wire: wires.ours, credentials: credentials.ours },
    };
    await createNamespace(pair, namespace);
    session = new Session(pair, namespace);
    for (const exchange of before) {
      const outcome = await session.run(exchange);
      expect(textOf(outcome.ours)).toBe(textOf(outcome.real));
    }
    await Promise.all([forgetReal(), forgetOurs()]);
  });
  afterAll(async () => {
    session.close();
    wires.real.close();
    wires.ours.close();
    await Promise.all([real.stop(), ours.stop()]);
    removeDirectory(ours.dataDir);
  });

  async function forgetReal(): Promise<void> {
    const list = await wires.real.send(jsonRequest("GET", twins));
    const { metadata, items } = JSON.parse(list.body) as Listed;
    const compacted = await fetch(`${real.etcdUrl}/v3/kv/compaction`, {
      method: "POST",
      body: JSON.stringify({ revision: metadata.resourceVersion, physical: true }),
    });
    expect(compacted.status).toBe(200);
    // With another definition the kind gets another watch cache, which begins with the present.
    const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/twins.${group}`;
    const touched = await wires.real.send({
      ...jsonRequest("PATCH", definition, [
        { op: "add", path: "/spec/names/categories", value: ["renewed"] },
      ]),
      headers: { "content-type": "application/json-patch+json" },
    });
    expect(touched.status).toBe(200);
    await eventually("the watch cache begins anew", async () => {
      const stream = await wires.real.open(
        jsonRequest(
          "GET",
          `${twins}?watch=1&timeoutSeconds=1&resourceVersion=${items[0]!.metadata.resourceVersion}`,
        ),
      );
      const [line] = await stream.lines(1, 300);
      stream.close();
      return line?.includes("too old resource version") === true ? true : undefined;
    });
    await cached(wires.real);
  }

  async function forgetOurs(): Promise<void> {
    await ours.stop();
    const dataDir = temporaryDirectory();
    const file = path.join(ours.dataDir, "store.db");
    expect(existsSync(file)).toBe(true);
    restoreBackup(file, path.join(dataDir, "store.db"));
    removeDirectory(ours.dataDir);
    ours = await startStandalone({ flags, dataDir });
    wires.ours.redirect(new Wire(readCredentials(ours.kubeconfig)));
  }

  test.each(after)("$name", (exchange) => compare(exchange));

  describe("not known yet", { concurrent: true }, () => {
    test.each(ofTheFuture)("$name", (exchange) => compare(exchange));
  });

  async function compare(exchange: Exchange): Promise<void> {
    const outcome = await session.run(exchange);
    expect(surpriseIn(outcome)).toBeUndefined();
    expect(textOf(outcome.ours)).toBe(textOf(outcome.real));
  }
});

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Pick<Listed, "metadata">[];
}

const twins = `/apis/${group}/v1/namespaces/${namespace}/twins`;
