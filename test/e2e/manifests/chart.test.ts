/** The chart gives what the kustomizations give. */
import { describe, expect, test } from "vitest";
import { settingsName } from "../../../admission/llamastack/bases/follow-settings.ts";
import { readSettings } from "../../../admission/llamastack/bases/settings.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Manifest } from "../../support/manifests.ts";
import { helmProgram, helmTemplate, kustomize, only } from "../../support/manifests.ts";

/** Without what only Helm writes; in an order of its own. */
function comparable(objects: readonly Manifest[]): [string, object][] {
  return objects
    .map((object): [string, object] => {
      const { labels = {}, annotations = {}, ...metadata } = object.metadata;
      const { "app.kubernetes.io/managed-by": _m, "helm.sh/chart": _c, ...kept } = labels;
      const { "helm.sh/resource-policy": _p, ...notes } = annotations;
      const id = `${object.apiVersion} ${object.kind} ${metadata.namespace ?? ""}/${metadata.name}`;
      return [id, { ...object, metadata: { ...metadata, labels: kept, annotations: notes } }];
    })
    .sort(([a], [b]) => a.localeCompare(b));
}

/** Helm makes the namespace itself, when asked to. */
const withoutNamespace = (objects: readonly Manifest[]): Manifest[] =>
  objects.filter(({ kind }) => kind !== "Namespace");

const labels = "app\\.kubernetes\\.io";
const spread = (index: number, rest: readonly string[]): string[] =>
  [
    "maxSkew=1",
    ...rest,
    `labelSelector.matchLabels.${labels}/name=hawsepipe`,
    `labelSelector.matchLabels.${labels}/component=server`,
  ].map((value) => `topologySpreadConstraints[${String(index)}].${value}`);

/** The values that make what the component high-availability makes, with the budget. */
const highAvailability = [
  "replicas=3",
  "podDisruptionBudget.enabled=true",
  "strategy.rollingUpdate.maxUnavailable=0",
  "strategy.rollingUpdate.maxSurge=1",
  ...spread(0, [
    "topologyKey=kubernetes.io/hostname",
    "whenUnsatisfiable=DoNotSchedule",
    "matchLabelKeys[0]=pod-template-hash",
  ]),
  ...spread(1, ["topologyKey=topology.kubernetes.io/zone", "whenUnsatisfiable=ScheduleAnyway"]),
];

describe.skipIf(noControlPlane() !== undefined || helmProgram() === undefined)("the chart", () => {
  test("is by default the aggregated base", async () => {
    const base = withoutNamespace(await kustomize("aggregated"));
    expect(comparable(await helmTemplate())).toEqual(comparable(base));
  });

  test.each([
    ["cert-manager", ["certificates.source=cert-manager"]],
    ["network-policy", ["networkPolicy.enabled=true"]],
    ["service-monitor", ["serviceMonitor.enabled=true", "prometheusRule.enabled=true"]],
    ["high-availability", highAvailability],
    ["embedded-storage", ["storage.type=embedded", "replicas=1"]],
  ])("is with its options the overlay %s", async (overlay, values) => {
    const base = withoutNamespace(await kustomize(`overlays/${overlay}`));
    expect(comparable(await helmTemplate(values))).toEqual(comparable(base));
  });

  test("is with all of them the overlay production, which has the namespace's labels besides", async () => {
    const base = withoutNamespace(await kustomize("overlays/production"));
    const values = [
      ...highAvailability,
      ...["networkPolicy", "serviceMonitor", "prometheusRule", "guard"].map((name) => `${name}.enabled=true`),
      "certificates.source=cert-manager",
    ];
    expect(comparable(await helmTemplate(values))).toEqual(comparable(base));
  });

  test("keeps the objects on a volume of the size and class asked for", async () => {
    const volume = ["storage.size=5Gi", "storage.storageClassName=fast"];
    const objects = await helmTemplate(["storage.type=embedded", "replicas=1", ...volume]);
    const claim = only(objects, "PersistentVolumeClaim");
    expect(claim["spec"]).toMatchObject({
      resources: { requests: { storage: "5Gi" } },
      storageClassName: "fast",
    });
    expect(claim.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
  });

  test("is in another namespace wherever the release is", async () => {
    const objects = await helmTemplate(["guard.enabled=true", "serviceMonitor.enabled=true"], "models");
    expect(JSON.stringify(objects)).not.toContain("hawsepipe-system");
    expect(JSON.stringify(only(objects, "ValidatingWebhookConfiguration"))).toContain(
      "system:serviceaccount:models:hawsepipe",
    );
  });

  test.each([
    ["certificates.source=cert-manager", "hawsepipe-tls"],
    ["certificates.source=secret,certificates.secretName=mine", "mine"],
  ])("with %s, everybody uses that certificate", async (source, secret) => {
    const objects = await helmTemplate([source, "serviceMonitor.enabled=true", "guard.enabled=true"]);
    expect(JSON.stringify(only(objects, "ServiceMonitor"))).toContain(
      `"secret":{"key":"ca.crt","name":"${secret}"}`,
    );
    expect(JSON.stringify(only(objects, "Deployment"))).toContain(`"secretName":"${secret}"`);
    const injected = objects.filter(
      ({ metadata }) => metadata.annotations?.["cert-manager.io/inject-ca-from"] !== undefined,
    );
    const kinds = injected.map(({ kind }) => kind).sort();
    const expected = ["APIService", "APIService", "ValidatingWebhookConfiguration"];
    expect(kinds).toEqual(secret === "mine" ? [] : expected);
  });

  test("has the settings of Llama Stack where there are any, in its own namespace", async () => {
    const given = ["llamaStack.expose-domain=apps.example.com", "llamaStack.pull-secrets=true"];
    const { metadata, ...settings } = only(await helmTemplate(given, "models"), "ConfigMap");
    expect(metadata).toMatchObject({ name: settingsName, namespace: "models" });
    expect(settings["data"]).toEqual({ "expose-domain": "apps.example.com", "pull-secrets": "true" });
    expect(readSettings(settings["data"] as Record<string, string>).problems).toEqual([]);
  });

  test("keeps the records when it is uninstalled", async () => {
    const crd = only(await helmTemplate(), "CustomResourceDefinition");
    expect(crd.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
  });

  test.each([
    ["replicas=0", "replicas"],
    ["storage.type=embedded", "replicas"],
    ["storage.type=disk", "type"],
    ["replica=2", "replica"],
    ["certificates.source=magic", "source"],
    ["certificates.source=secret", "secretName"],
    ["image.digest=sha256:abc", "digest"],
    ["guard.enabled=maybe", "guard"],
    ["llamaStack.expose=apps.example.com", "expose"],
  ])("refuses %s", async (value, field) => {
    await expect(helmTemplate([value])).rejects.toThrow(field);
  });
});
