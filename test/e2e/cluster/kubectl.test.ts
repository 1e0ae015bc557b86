/** The same cases as for the standalone server, as an ordinary user, through kube-apiserver, over both flavours. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { kubeconfig } from "../../../cli/kubeconfig.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import { reads } from "../../support/kubectl-cases/reads.ts";
import { refusals } from "../../support/kubectl-cases/refusals.ts";
import { stacks } from "../../support/kubectl-cases/stacks.ts";
import type { Target } from "../../support/kubectl-cases/target.ts";
import { writes } from "../../support/kubectl-cases/writes.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";

const reason = noControlPlane(["kube-controller-manager", "kube-scheduler", "kwok", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: kubectl through kube-apiserver (${reason})`);

describe.skipIf(reason !== undefined).each(flavours)("over $flavour", ({ isAggregated, start }) => {
  let started: Installed;
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    started = await start({ scheduler: true, gpuNodes: 4 });
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
      target = { kubeconfig: file, namespace: name, directory, user: name, hasManifests: isAggregated };
    });
    return () => {
      if (target === undefined) throw new Error("the user does not exist yet");
      return target;
    };
  }

  describe("kubectl writes", () => {
    writes(user("wanda", "edit"));
  });
  describe("kubectl and LlamaStackDistributions", () => {
    stacks(user("lara", "edit"));
  });
  describe("kubectl reads", () => {
    reads(user("rita", "edit"));
  });
  describe("the answer to kubectl names the field that is wrong", () => {
    // Who may not override is told so first.
    refusals(user("ralf", "admin"));
  });
});
