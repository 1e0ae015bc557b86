import { forbidden } from "../../api/errors/catalogue.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { equalJson } from "../../machinery/json/value.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../../server/admission/plugin.ts";
import type { Authorize } from "../options.ts";

/** A change by a user who may need rights for it. */
export interface StackChange {
  readonly object: LlamaStackDistribution;
  /** As it is stored; absent for a new one. */
  readonly old: LlamaStackDistribution | undefined;
}

/**
 * Throws Forbidden where the object would reach further than its author: pods that act as another account or see the
 * files of the node need the right to make such pods, or `override`; certificates are copied only from where the author
 * may read them. What stays as it is stored is not asked about.
 */
export async function checkStackRights(
  attributes: AdmissionAttributes,
  change: StackChange,
  authorize: Authorize,
): Promise<void> {
  await checkReach(attributes, change, authorize);
  await checkAuthorities(attributes, change, authorize);
}

type Get = (distribution: LlamaStackDistribution) => JsonValue | undefined;

/** Settings with which a pod is more than its image. */
const reaching: readonly (readonly [string, Get])[] = [
  ["spec.workload.overrides.serviceAccountName", ({ spec }) => spec.workload?.overrides?.serviceAccountName],
  ["spec.workload.overrides.volumes", hostPaths],
];

function hostPaths({ spec }: LlamaStackDistribution): JsonValue | undefined {
  const found = (spec.workload?.overrides?.volumes ?? []).filter((volume) =>
    Object.hasOwn(volume, "hostPath"),
  );
  return found.length === 0 ? undefined : found;
}

async function checkReach(
  attributes: AdmissionAttributes,
  { object, old }: StackChange,
  authorize: Authorize,
): Promise<void> {
  const { user, namespace, name, resource } = attributes;
  for (const [path, of] of reaching) {
    const value = of(object);
    if (value === undefined || (old !== undefined && equalJson(value, of(old)))) continue;
    const question = { user, namespace, name };
    const deployments = { group: "apps", version: "v1", resource: "deployments" };
    if (await authorize({ ...question, ...deployments, verb: "create" })) return;
    if (await authorize({ ...question, ...resource, verb: "override" })) return;
    throw forbidden(
      resource,
      name,
      `User ${JSON.stringify(user.name)} may neither create deployments.apps nor override ${resource.resource}, ` +
        `and setting ${attributes.clientPath(path)} takes one of them`,
    );
  }
}

async function checkAuthorities(
  attributes: AdmissionAttributes,
  { object, old }: StackChange,
  authorize: Authorize,
): Promise<void> {
  const bundle = object.spec.networking?.tls?.caBundle;
  const namespace = bundle?.configMapNamespace ?? "";
  if (bundle === undefined || namespace === "" || namespace === object.metadata.namespace) return;
  const before = old?.spec.networking?.tls?.caBundle;
  if (before !== undefined && equalJson(bundle, before)) return;
  const { user, resource, name } = attributes;
  const mayRead = await authorize({
    user,
    verb: "get",
    group: "",
    version: "v1",
    resource: "configmaps",
    namespace,
    name: bundle.configMapName,
  });
  if (mayRead) return;
  throw forbidden(
    resource,
    name,
    `User ${JSON.stringify(user.name)} may not get configmaps ${JSON.stringify(bundle.configMapName)} in the namespace ` +
      `${JSON.stringify(namespace)}, which ${attributes.clientPath("spec.networking.tls.caBundle")} names`,
  );
}
