import { isApiError } from "../../../api/errors/api-error.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../../cluster/client.ts";
import { Keyring } from "../../../cluster/registry/credentials.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";

const core = (resource: string, kind: string): ResourceRef => ({
  group: "",
  version: "v1",
  resource,
  kind,
  namespaced: true,
});
const serviceAccounts = core("serviceaccounts", "ServiceAccount");
const secrets = core("secrets", "Secret");

/** The types of pull secrets, and the key each has its content under. */
const contentKeys: Readonly<Record<string, string>> = {
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
  "kubernetes.io/dockercfg": ".dockercfg",
};

/**
 * The credentials a kubelet would pull a pod's image with: those of the pull secrets of its ServiceAccount. What is not
 * there, or may not be read, counts as nothing, as it does for the kubelet. Contents are kept no longer than they are used.
 */
export async function pullCredentials(
  client: Client,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): Promise<Keyring> {
  const keyring = new Keyring();
  const account = await find(client, serviceAccounts, { namespace, name: serviceAccount });
  const named = account === undefined ? undefined : getKey(asJson(account), "imagePullSecrets");
  for (const reference of Array.isArray(named) ? named : []) {
    const name = isObject(reference) ? getKey(reference, "name") : undefined;
    if (typeof name !== "string") continue;
    const secret = await find(client, secrets, { namespace, name });
    if (secret !== undefined) keyring.add(contentOf(secret));
  }
  return keyring;
}

function contentOf(secret: KubeObject): string {
  const type = getKey(asJson(secret), "type");
  const key = typeof type === "string" && Object.hasOwn(contentKeys, type) ? contentKeys[type] : undefined;
  const content = key === undefined ? undefined : getPath(asJson(secret), "data", key);
  return typeof content === "string" ? Buffer.from(content, "base64").toString("utf8") : "";
}

async function find(
  client: Client,
  resource: ResourceRef,
  ref: { readonly namespace: string; readonly name: string },
): Promise<KubeObject | undefined> {
  try {
    return await client.get(resource, ref);
  } catch (error) {
    if (isApiError(error, "NotFound") || isApiError(error, "Forbidden")) return undefined;
    throw error;
  }
}

const asJson = (object: KubeObject): JsonObject => object as unknown as JsonObject;
