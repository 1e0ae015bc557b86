import { invalid as invalidObject } from "../api/errors/catalogue.ts";
import { inferenceProviderNames } from "../api/inferenceprovider/names.ts";
import { llamaStackDistributionNames } from "../api/llamastackdistribution/names.ts";
import { llamaStackDistributionName } from "../api/llamastackdistribution/object-name.ts";
import { groupResource } from "../api/meta/types.ts";
import type { GroupVersionResource } from "../api/meta/types.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import { invalid } from "../machinery/field/error.ts";
import { getPath } from "../machinery/json/value.ts";
import { dns1123Label } from "../machinery/names/names.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";

type NameRule = (name: string) => readonly string[];

const rules: ReadonlyMap<string, NameRule> = new Map(
  (
    [
      [modelDeploymentNames, dns1123Label],
      [inferenceProviderNames, dns1123Label],
      [llamaStackDistributionNames, llamaStackDistributionName],
    ] as const
  ).map(([{ group, plural }, rule]) => [groupResource({ group, resource: plural }), rule]),
);

const ruleOf = (resource: GroupVersionResource): NameRule | undefined => rules.get(groupResource(resource));

/**
 * Refuses names of new objects of ours that nothing could be named after: they become names of Services, the beginning
 * of other names, and values of labels. A
 * CustomResourceDefinition cannot say so, and whoever serves our kinds answers the same.
 */
export const namePlugin = (): AdmissionPlugin => ({
  name: "ObjectNames",
  handles: ({ resource, operation, subresource, object }) =>
    operation === "CREATE" && subresource === "" && object !== undefined && ruleOf(resource) !== undefined,
  async validate({ object, kind, resource }) {
    const name = getPath(object, "metadata", "name");
    if (typeof name !== "string") return;
    const problems = ruleOf(resource)?.(name) ?? [];
    const errors = problems.map((problem) => invalid("metadata.name", name, problem));
    if (errors.length > 0) throw invalidObject(kind, name, errors);
  },
});
