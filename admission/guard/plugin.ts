import { groupResource } from "../../api/meta/types.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import { providerKinds } from "./decide.ts";
import type { Guard } from "./guard.ts";

/** What Hawsepipe renders beside the kinds of providers. */
const renderedKinds: ReadonlySet<string> = new Set([
  "deployments.apps",
  "services",
  "configmaps",
  "persistentvolumeclaims",
]);

/** The guard in a server that serves the guarded kinds itself, as the standalone one does. */
export function guardPlugin(guard: Guard): AdmissionPlugin {
  return {
    name: "HawsepipeGuard",
    onlyRefuses: true,
    handles({ resource, operation }) {
      const name = groupResource(resource);
      return operation !== "CONNECT" && (renderedKinds.has(name) || Object.hasOwn(providerKinds, name));
    },
    async validate(attributes) {
      const { operation, object, oldObject } = attributes;
      if (operation === "CONNECT") return;
      await guard.check(
        {
          operation,
          resource: attributes.resource,
          // This server's admission sees the whole object behind a scale.
          subresource: attributes.subresource === "scale" ? "" : attributes.subresource,
          namespace: attributes.namespace,
          name: attributes.name,
          user: attributes.user,
          ...(object === undefined ? {} : { object }),
          ...(oldObject === undefined ? {} : { oldObject }),
        },
        attributes,
      );
    },
  };
}
