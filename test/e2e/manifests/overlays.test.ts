/** Every kustomization, as kube-apiserver sees it: strictly validated and dry-run, nothing of it left out but other projects' kinds. */
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiServerForTests } from "../../support/control-plane.ts";
import { noApiServer, startApiServer } from "../../support/control-plane.ts";
import { systemNamespace } from "../../support/cluster.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { Manifest } from "../../support/manifests.ts";
import {
  combined,
  foldersOf,
  helmProgram,
  helmTemplate,
  isThirdParty,
  kustomize,
  only,
} from "../../support/manifests.ts";

const dryRun = "apply --server-side --dry-run=server --validate=strict -f -";
const list = (items: readonly Manifest[]): object => ({ apiVersion: "v1", kind: "List", items });

interface PodTemplate {
  readonly metadata: object;
  readonly spec: {
    readonly securityContext: object;
    readonly containers: object[];
    readonly volumes: { readonly name: string }[];
  };
}
const templateOf = (deployment: Manifest): PodTemplate =>
  (deployment["spec"] as { template: PodTemplate }).template;

const ourGroup = "hawsepipe.dev";
const groupOf = (name: string): string => name.slice(name.indexOf(".") + 1);

/** Each component over each base it is for. */
const bases = ["aggregated", "crd"];
const components = foldersOf("components");
const storesNothing = (base: string, component: string): boolean =>
  base === "crd" && component === "embedded-storage";
const additions = bases.flatMap((base) =>
  components.filter((component) => !storesNothing(base, component)).map((component) => ({ base, component })),
);
const replicated = components.filter((component) => component !== "embedded-storage");
/** cert-manager comes last. */
function inOrder(names: readonly string[]): string[] {
  return [...names.filter((name) => name !== "cert-manager"), "cert-manager"];
}

describe.skipIf(noApiServer(["kubectl"]) !== undefined)("manifests against kube-apiserver", () => {
  let apiServer: ApiServerForTests;
  let kubectl: Kubectl;

  /** Every object that the cluster can know of is accepted. */
  async function isAccepted(objects: readonly Manifest[]): Promise<void> {
    const own = objects.filter((object) => !isThirdParty(object));
    if (own.length === 0) return;
    const applied = await succeeding(kubectl)(dryRun, list(own));
    expect(applied.trim().split("\n")).toHaveLength(own.length);
  }

  /** Pod Security takes the pods of the Deployment without a word. */
  async function complies(objects: readonly Manifest[]): Promise<void> {
    const pod = podOf(templateOf(only(objects, "Deployment")));
    const { stderr } = await kubectl("create --dry-run=server -f -", pod);
    expect(stderr).toBe("");
  }

  beforeAll(async () => {
    apiServer = await startApiServer();
    kubectl = kubectlFor(apiServer.kubeconfig);
    // A dry run leaves nothing behind that the next object could be in; the strictest namespace must do for all.
    const objects = await kustomize("overlays/restricted");
    const ground = ["Namespace", "ServiceAccount"].map((kind) => only(objects, kind));
    await succeeding(kubectl)("apply --validate=strict -f -", list(ground));
  });
  afterAll(() => apiServer.stop());

  test.each([...bases, "guard", "rbac", "records", "../hack/kind"])("%s is accepted", async (folder) => {
    await isAccepted(await kustomize(folder));
  });

  test.each(bases)("the pods of %s comply with restricted", async (base) => {
    await complies(await kustomize(base));
  });

  test.each(additions)("$component over $base is accepted", async ({ base, component }) => {
    const before = await kustomize(base);
    const objects = await combined([base], [component]);
    const changed = objects.filter((object) => !before.some((other) => isDeepStrictEqual(object, other)));
    expect(changed).not.toEqual([]);
    await isAccepted(changed);
    if (changed.some(({ kind }) => kind === "Deployment")) await complies(objects);
  });

  test("a single replica with a volume goes together with every component but the one for more", async () => {
    const objects = await combined(
      ["aggregated"],
      inOrder(components.filter((name) => name !== "high-availability")),
    );
    await isAccepted(objects);
    await complies(objects);
    const { volumes } = templateOf(only(objects, "Deployment")).spec;
    expect(volumes.map(({ name }) => name).sort()).toEqual(["data", "tls"]);
  });

  test.each(foldersOf("overlays").filter((name) => !name.startsWith("production")))(
    "the overlay %s is the aggregated base and what is named so",
    async (name) => {
      const parts = name === "high-availability" ? [name, "pod-disruption-budget"] : [name];
      expect(await kustomize(`overlays/${name}`)).toEqual(await combined(["aggregated"], parts));
    },
  );

  test.each([
    { overlay: "production", resources: ["aggregated", "guard"] },
    { overlay: "production-crd", resources: ["crd"] },
  ])("the overlay $overlay is all of them over $resources", async ({ overlay, resources }) => {
    const byName = (objects: Manifest[]): Manifest[] =>
      objects.sort((a, b) =>
        JSON.stringify([a.kind, a.metadata]).localeCompare(JSON.stringify([b.kind, b.metadata])),
      );
    const objects = await kustomize(`overlays/${overlay}`);
    expect(byName(objects)).toEqual(byName(await combined(resources, inOrder(replicated))));
    await isAccepted(objects);
    await complies(objects);
  });

  test("our kinds are aggregated or made of CRDs, and never both", async () => {
    const kinds = (objects: readonly Manifest[]): boolean[] =>
      ["APIService", "CustomResourceDefinition"].map((wanted) =>
        objects.some(({ kind, metadata: { name } }) => kind === wanted && groupOf(name) === ourGroup),
      );
    const overlays = foldersOf("overlays").map((name) => `overlays/${name}`);
    const found = await Promise.all([...bases, ...overlays].map(kustomize));
    expect(found.map(kinds).filter(([isAggregated, isCustom]) => isAggregated === isCustom)).toEqual([]);
  });

  test("a field nobody knows would have been refused", async () => {
    const deployment = only(await kustomize("aggregated"), "Deployment");
    const spec = { ...(deployment["spec"] as object), replica: 1 };
    const { code, stderr } = await kubectl(dryRun, { ...deployment, spec });
    expect(code).not.toBe(0);
    expect(stderr).toContain("replica");
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
    ["storage.type=embedded", "storage.storageClassName=fast", "replicas=1"],
  ];
  test.skipIf(helmProgram() === undefined).each(values)("the chart with %j %j %j %j", async (...chosen) => {
    await isAccepted(await helmTemplate(chosen.filter((value) => typeof value === "string")));
  });
});

const podOf = ({ metadata, spec }: PodTemplate): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...metadata, name: "hawsepipe-0", namespace: systemNamespace },
  spec,
});
