/**
 * Tells the cluster which CAs to trust for this server: `caBundle` of our APIServices and webhook configurations. Only the
 * leader does it. Nothing is written where the bundle is right already.
 */
import { isApiError } from "../../api/errors/api-error.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";

export interface AuthorityTargets {
  readonly apiServices: readonly string[];
  readonly mutatingWebhooks: readonly string[];
  readonly validatingWebhooks: readonly string[];
}

const clusterKind = (group: string, resource: string, kind: string): ResourceRef => ({
  group,
  version: "v1",
  resource,
  kind,
  namespaced: false,
});
const apiServices = clusterKind("apiregistration.k8s.io", "apiservices", "APIService");
const mutating = clusterKind(
  "admissionregistration.k8s.io",
  "mutatingwebhookconfigurations",
  "MutatingWebhookConfiguration",
);
const validating = clusterKind(
  "admissionregistration.k8s.io",
  "validatingwebhookconfigurations",
  "ValidatingWebhookConfiguration",
);

/** How often an object is read again that others write at the same time. */
const attempts = 5;

/** Writes the bundle where it is missing or another; objects that do not exist are left out. Rejects when any failed. */
export async function publishAuthorities(
  client: Client,
  bundle: string,
  targets: AuthorityTargets,
): Promise<void> {
  const encoded = Buffer.from(bundle).toString("base64");
  const results = await Promise.allSettled([
    ...targets.apiServices.map((name) =>
      publish(client, apiServices, name, (object) => apiServicePatch(object, encoded)),
    ),
    ...targets.mutatingWebhooks.map((name) =>
      publish(client, mutating, name, (object) => webhookPatch(object, encoded)),
    ),
    ...targets.validatingWebhooks.map((name) =>
      publish(client, validating, name, (object) => webhookPatch(object, encoded)),
    ),
  ]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function publish(
  client: Client,
  resource: ResourceRef,
  name: string,
  patchOf: (object: KubeObject) => object | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await client.get(resource, { name }).catch((error: unknown) => {
      if (isApiError(error, "NotFound")) return undefined;
      throw error;
    });
    const patch = object === undefined ? undefined : patchOf(object);
    if (object === undefined || patch === undefined) return;
    // With the revision read, so that a list of webhooks that changed meanwhile is not overwritten.
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    try {
      await client.mergePatch(resource, { name }, { metadata, ...patch });
      return;
    } catch (error) {
      // kube-apiserver itself writes an APIService's status just when it is new.
      if (!isApiError(error, "Conflict") || attempt === attempts) throw error;
    }
  }
}

function apiServicePatch(object: KubeObject, bundle: string): object | undefined {
  const spec = asJson(object);
  // Without a Service, the group is kube-apiserver's own to serve, as that of a CRD is.
  if (!isObject(getPath(spec, "spec", "service"))) return undefined;
  if (getPath(spec, "spec", "caBundle") === bundle) return undefined;
  // A bundle and "do not verify" exclude each other; having one is the better of the two.
  return { spec: { caBundle: bundle, insecureSkipTLSVerify: null } };
}

function webhookPatch(object: KubeObject, bundle: string): object | undefined {
  const webhooks = getKey(asJson(object), "webhooks");
  if (!Array.isArray(webhooks)) return undefined;
  if (webhooks.every((webhook) => getPath(webhook, "clientConfig", "caBundle") === bundle)) return undefined;
  return {
    webhooks: webhooks.map((webhook) => {
      const clientConfig = getPath(webhook, "clientConfig");
      return isObject(webhook) && isObject(clientConfig)
        ? { ...webhook, clientConfig: { ...clientConfig, caBundle: bundle } }
        : webhook;
    }),
  };
}
