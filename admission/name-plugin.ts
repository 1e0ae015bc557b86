import { invalid as invalidObject } from "../api/errors/catalogue.ts";
import { inferenceProviderNames } from "../api/inferenceprovider/names.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import { invalid } from "../machinery/field/error.ts";
import { getPath } from "../machinery/json/value.ts";
import { dns1123Label } from "../machinery/names/names.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";

const kinds = [modelDeploymentNames, inferenceProviderNames];

/**
 * Refuses names of new objects of ours that are no DNS labels: they become names of Services and values of labels. A
 * CustomResourceDefinition cannot say so, and whoever serves our kinds answers the same.
 */
export const namePlugin = (): AdmissionPlugin => ({
  name: "ObjectNames",
  handles: ({ resource, operation, subresource, object }) =>
    operation === "CREATE" &&
    subresource === "" &&
    object !== undefined &&
    kinds.some(({ group, plural }) => group === resource.group && plural === resource.resource),
  async validate({ object, kind }) {
    const name = getPath(object, "metadata", "name");
    if (typeof name !== "string") return;
    const errors = dns1123Label(name).map((problem) => invalid("metadata.name", name, problem));
    if (errors.length > 0) throw invalidObject(kind, name, errors);
  },
});
