/** All components at once, over either base: none undoes what another does, and each finds what the others made. */
import { describe, expect, test } from "vitest";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Manifest } from "../../support/manifests.ts";
import { kustomize, only } from "../../support/manifests.ts";

const json = (object: Manifest): JsonObject => object as unknown as JsonObject;
const path = (object: Manifest, ...keys: string[]): JsonValue | undefined => getPath(json(object), ...keys);

/** Whether the object tells the cluster to call our Service. */
function callsUs(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(callsUs);
  if (!isObject(value)) return false;
  const service = value["service"];
  return (isObject(service) && service["name"] === "hawsepipe") || Object.values(value).some(callsUs);
}

describe.skipIf(noControlPlane() !== undefined).each(["production", "production-crd"])("%s", (overlay) => {
  const rendered = kustomize(`overlays/${overlay}`);

  test("three replicas, of which a budget and a policy are told by the labels of their pods", async () => {
    const objects = await rendered;
    const deployment = only(objects, "Deployment");
    expect(path(deployment, "spec", "replicas")).toBe(3);
    const labels = path(deployment, "spec", "template", "metadata", "labels");
    expect(labels).toMatchObject(path(deployment, "spec", "selector", "matchLabels") as object);
    const budget = path(only(objects, "PodDisruptionBudget"), "spec", "selector", "matchLabels");
    const policy = path(only(objects, "NetworkPolicy"), "spec", "podSelector", "matchLabels");
    for (const selector of [budget, policy, path(only(objects, "Service"), "spec", "selector")]) {
      expect(labels).toMatchObject(selector as object);
      expect(selector).not.toEqual({});
    }
  });

  test("whoever calls the server is told cert-manager's CA, and so is Prometheus", async () => {
    const objects = await rendered;
    const callers = objects.filter((object) => callsUs(json(object)));
    const expected =
      overlay === "production"
        ? ["APIService", "APIService", "ValidatingWebhookConfiguration"]
        : [
            "CustomResourceDefinition",
            "CustomResourceDefinition",
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
          ];
    expect(callers.map(({ kind }) => kind).sort()).toEqual(expected);
    const injected = objects.filter(({ metadata: { annotations = {} } }) =>
      Object.keys(annotations).some((key) => key.startsWith("cert-manager.io/")),
    );
    expect(injected).toEqual(callers);

    const [endpoint] = path(only(objects, "ServiceMonitor"), "spec", "endpoints") as JsonObject[];
    const { secretName } = only(objects, "Certificate", "hawsepipe")["spec"] as { secretName: string };
    expect(getPath(endpoint, "tlsConfig", "ca", "secret", "name")).toBe(secretName);
    const [volume] = path(only(objects, "Deployment"), "spec", "template", "spec", "volumes") as JsonObject[];
    expect(volume).toEqual({ name: "tls", secret: { secretName } });
  });
});

describe.skipIf(noControlPlane() !== undefined)("the bases", () => {
  test("run the same Deployment, but for the roles where kube-apiserver serves the API", async () => {
    const [aggregated, crd] = await Promise.all(
      ["aggregated", "crd"].map(async (base) => only(await kustomize(base), "Deployment")),
    );
    const withoutRoles = JSON.parse(
      JSON.stringify(crd).replace('"--roles=webhook,reconciler",', ""),
    ) as Manifest;
    expect(withoutRoles).not.toEqual(crd);
    expect(withoutRoles).toEqual(aggregated);
  });

  test.each(["Namespace", "ServiceAccount", "Service"])("have the same %s", async (kind) => {
    expect(only(await kustomize("crd"), kind)).toEqual(only(await kustomize("aggregated"), kind));
  });
});
