/** The same cases as for the standalone server, as an ordinary user, through kube-apiserver, over both flavours. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { kubeconfig } from "../../../cli/kubeconfig.ts";
import type { ControlPlane } from "../../../hack/controlplane/start.ts";
import { available, noControlPlane, startCluster } from "../../support/cluster.ts";
import { startCrdFlavour } from "../../support/crd-flavour.ts";
import { reads } from "../../support/kubectl-cases/reads.ts";
import { refusals } from "../../support/kubectl-cases/refusals.ts";
import type { Target } from "../../support/kubectl-cases/target.ts";
import { writes } from "../../support/kubectl-cases/writes.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import { repository } from "../../support/standalone.ts";

const reason = noControlPlane(["kube-controller-manager", "kube-scheduler", "kwok"]);
if (reason !== undefined) console.warn(`skipped: kubectl through kube-apiserver (${reason})`);

interface Flavour {
  readonly plane: ControlPlane;
  stop(): Promise<void>;
}

const programs = { controllerManager: true, scheduler: true, gpuNodes: 4 };
const flavours = [
  {
    flavour: "an APIService",
    hasManifests: true,
    start: async (): Promise<Flavour> => {
      const cluster = await startCluster({ ...programs, guard: true });
      await succeeding(cluster.admin)(["apply", "-f", path.join(repository, "cluster/standalone/crds")]);
      await cluster.startReplica();
      await available(cluster);
      await eventually("both providers to be ready", async () => {
        const { stdout } = await cluster.admin("get inferenceproviders -o jsonpath={.items[*].status.ready}");
        return stdout === "true true" ? true : undefined;
      });
      return { plane: cluster.controlPlane, stop: () => cluster.close() };
    },
  },
  { flavour: "CRDs", hasManifests: false, start: (): Promise<Flavour> => startCrdFlavour(programs) },
];

describe.skipIf(reason !== undefined).each(flavours)("over $flavour", ({ hasManifests, start }) => {
  let started: Flavour;
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    started = await start();
    stop = () => started.stop();
  });
  afterAll(async () => {
    await stop();
  });

  /** A user with a role in one namespace, and none elsewhere. */
  function user(name: string, role: "edit" | "admin"): () => Target {
    let target: Target | undefined;
    beforeAll(async () => {
      const { plane } = started;
      const admin = succeeding(kubectlFor(plane.kubeconfig));
      const directory = path.join(plane.directory, name);
      mkdirSync(directory);
      const file = path.join(directory, "kubeconfig");
      const credentials = await plane.certificates.issue(name, []);
      const init = { server: plane.url, ca: plane.certificates.ca, user: name, credentials };
      writeFileSync(file, kubeconfig(init), { mode: 0o600 });
      const kubectl = kubectlFor(file);
      await succeeding(kubectl)(`config set-context --current --namespace=${name}`);
      await admin(`create namespace ${name}`);
      await admin(`create rolebinding ${name} --clusterrole=${role} --user=${name} -n ${name}`);
      await eventually("the role has our kinds", async () => {
        const { stdout } = await kubectl("auth can-i create modeldeployments.hawsepipe.dev");
        return stdout.trim() === "yes" ? true : undefined;
      });
      if (role === "admin") {
        await eventually("admin may override", async () => {
          const { stdout } = await kubectl("auth can-i override modeldeployments.hawsepipe.dev");
          return stdout.trim() === "yes" ? true : undefined;
        });
      }
      target = { kubeconfig: file, namespace: name, directory, user: name, hasManifests };
    });
    return () => {
      if (target === undefined) throw new Error("the user does not exist yet");
      return target;
    };
  }

  describe("kubectl writes", () => {
    writes(user("wanda", "edit"));
  });
  describe("kubectl reads", () => {
    reads(user("rita", "edit"));
  });
  describe("the answer to kubectl names the field that is wrong", () => {
    // Who may not override is told so first.
    refusals(user("ralf", "admin"));
  });
});
