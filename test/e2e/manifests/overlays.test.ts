/** Every kustomization, as kube-apiserver sees it: strictly validated and dry-run, nothing of it left out but other projects' kinds. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiServerForTests } from "../../support/control-plane.ts";
import { noApiServer, startApiServer } from "../../support/control-plane.ts";
import { systemNamespace } from "../../support/cluster.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { Manifest } from "../../support/manifests.ts";
import { helmProgram, helmTemplate, isThirdParty, kustomize, only } from "../../support/manifests.ts";
import { repository } from "../../support/standalone.ts";

const overlays = readdirSync(path.join(repository, "manifests/overlays")).map((name) => `overlays/${name}`);
const dryRun = "apply --server-side --dry-run=server --validate=strict -f -";
const list = (items: readonly Manifest[]): object => ({ apiVersion: "v1", kind: "List", items });

interface PodTemplate {
  readonly metadata: object;
  readonly spec: { readonly securityContext: object; readonly containers: object[] };
}
const templateOf = (deployment: Manifest): PodTemplate =>
  (deployment["spec"] as { template: PodTemplate }).template;

describe.skipIf(noApiServer(["kubectl"]) !== undefined)("manifests against kube-apiserver", () => {
  let apiServer: ApiServerForTests;
  let kubectl: Kubectl;

  beforeAll(async () => {
    apiServer = await startApiServer();
    kubectl = kubectlFor(apiServer.kubeconfig);
    // A dry run leaves nothing behind that the next object could be in; the strictest namespace must do for all.
    const objects = await kustomize("overlays/restricted");
    const ground = ["Namespace", "ServiceAccount"].map((kind) => only(objects, kind));
    await succeeding(kubectl)("apply --validate=strict -f -", list(ground));
  });
  afterAll(() => apiServer.stop());

  test.each(["aggregated", "crd", "guard", "rbac", "records", "../hack/kind", ...overlays])(
    "%s is accepted",
    async (folder) => {
      const objects = (await kustomize(folder)).filter((object) => !isThirdParty(object));
      const applied = await succeeding(kubectl)(dryRun, list(objects));
      expect(applied.trim().split("\n")).toHaveLength(objects.length);
    },
  );

  test("a field nobody knows would have been refused", async () => {
    const deployment = only(await kustomize("aggregated"), "Deployment");
    const spec = { ...(deployment["spec"] as object), replica: 1 };
    const { code, stderr } = await kubectl(dryRun, { ...deployment, spec });
    expect(code).not.toBe(0);
    expect(stderr).toContain("replica");
  });

  test.each(["aggregated", "crd", ...overlays])("the pods of %s comply with restricted", async (folder) => {
    const pod = podOf(templateOf(only(await kustomize(folder), "Deployment")));
    const { stderr } = await kubectl("create --dry-run=server -f -", pod);
    expect(stderr).toBe("");
  });

  test("a pod that may be root would have been refused", async () => {
    const template = templateOf(only(await kustomize("overlays/restricted"), "Deployment"));
    const { runAsNonRoot: _, ...securityContext } = template.spec.securityContext as { runAsNonRoot: true };
    const spec = { ...template.spec, securityContext };
    const { code, stderr } = await kubectl("create --dry-run=server -f -", podOf({ ...template, spec }));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/violates PodSecurity "restricted:v1\.35".*runAsNonRoot/);
  });

  const values = [
    [],
    ["podDisruptionBudget.enabled=true", "networkPolicy.enabled=true", "guard.enabled=true", "replicas=3"],
    ["certificates.source=secret", "certificates.secretName=mine", "serviceMonitor.enabled=true"],
    ["certificates.source=cert-manager", "prometheusRule.enabled=true", "logLevel=debug"],
  ];
  test.skipIf(helmProgram() === undefined).each(values)("the chart with %j %j %j %j", async (...chosen) => {
    const set = chosen.filter((value) => typeof value === "string");
    const objects = (await helmTemplate(set)).filter((object) => !isThirdParty(object));
    const applied = await succeeding(kubectl)(dryRun, list(objects));
    expect(applied.trim().split("\n")).toHaveLength(objects.length);
  });
});

const podOf = ({ metadata, spec }: PodTemplate): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...metadata, name: "hawsepipe-0", namespace: systemNamespace },
  spec,
});
