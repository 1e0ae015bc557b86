import type { ApiError } from "../api/errors/api-error.ts";
import { forbidden } from "../api/errors/catalogue.ts";
import { inferenceProviderNames } from "../api/inferenceprovider/names.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { UserInfo } from "../api/meta/user.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import type { Authorize } from "./options.ts";

/** Whether the user may have deployments served by a provider; everybody may where it is not restricted. */
export async function mayUse(
  provider: InferenceProvider,
  user: UserInfo,
  authorize: Authorize | undefined,
): Promise<boolean> {
  if (provider.spec.restricted !== true || authorize === undefined) return true;
  return authorize({
    user,
    verb: "use",
    group: inferenceProviderNames.group,
    version: "v1alpha1",
    resource: inferenceProviderNames.plural,
    namespace: "",
    name: provider.metadata.name ?? "",
  });
}

/** Throws Forbidden unless the user has the rights this change needs beyond the verb. What stays is not asked about. */
export async function checkRights(
  attributes: AdmissionAttributes,
  change: {
    readonly object: ModelDeployment;
    readonly old: ModelDeployment | undefined;
    readonly provider: InferenceProvider | undefined;
  },
  authorize: Authorize | undefined,
): Promise<void> {
  if (authorize === undefined) return;
  const { object, old, provider } = change;
  const { user } = attributes;
  const isNewProvider = object.spec.provider?.name !== old?.spec.provider?.name;
  if (provider !== undefined && isNewProvider && !(await mayUse(provider, user, authorize))) {
    throw refused(attributes, "use", `inferenceproviders ${JSON.stringify(provider.metadata.name ?? "")}`);
  }
  for (const [path, of] of freeForm) {
    const value = of(object);
    if (value === undefined || (old !== undefined && equalJson(value, of(old)))) continue;
    const { group, version, resource } = attributes.resource;
    const { namespace, name } = attributes;
    if (await authorize({ user, verb: "override", group, version, resource, namespace, name })) return;
    throw refused(
      attributes,
      "override",
      `modeldeployments, which setting ${attributes.clientPath(path)} needs`,
    );
  }
}

type Get = (deployment: ModelDeployment) => JsonValue | undefined;

/** Settings that reach past what the API describes. */
const freeForm: readonly (readonly [string, Get])[] = [
  ["spec.provider.overrides", ({ spec }) => spec.provider?.overrides],
  ["spec.workload.podTemplate.spec", ({ spec }) => spec.workload?.podTemplate?.spec],
];

const refused = (attributes: AdmissionAttributes, verb: string, what: string): ApiError =>
  forbidden(
    attributes.resource,
    attributes.name,
    `User ${JSON.stringify(attributes.user.name)} may not ${verb} ${what}`,
  );
