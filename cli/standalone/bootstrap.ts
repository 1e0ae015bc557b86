import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { bootstrapPolicy } from "../../server/authz/bootstrap-policy.ts";
import manifests from "./generated/manifests.json" with { type: "json" };

const namespaces = ["default", "kube-system", "kube-public"];

/** Makes sure of what every server has from its first start: namespaces and the default roles. What is there stays. */
export async function bootstrap(client: Client): Promise<void> {
  const objects = [
    ...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...(bootstrapPolicy() as unknown as KubeObject[]),
    // What an installation in a cluster applies too: our kinds join the roles view, edit and admin.
    ...(manifests.roles as unknown as KubeObject[]),
  ];
  // At once: the store commits together what arrives together.
  await Promise.all(
    objects.map(async (object) => {
      const resource = await resolve(client, object);
      await client.create(resource, object, { fieldManager: "hawsepipe" }).catch((error: unknown) => {
        if (!isApiError(error, "AlreadyExists")) throw error;
      });
    }),
  );
}

async function resolve(client: Client, object: KubeObject): Promise<ResourceRef> {
  const resource = await client.resolve(object.apiVersion, object.kind);
  if (resource === undefined) throw new Error(`the kind ${object.kind} is not served`);
  return resource;
}
