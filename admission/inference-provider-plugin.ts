import { invalid as invalidObject } from "../api/errors/catalogue.ts";
import { inferenceProviderNames } from "../api/inferenceprovider/names.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { invalid } from "../machinery/field/error.ts";
import { equalJson, getKey } from "../machinery/json/value.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";
import { SelectionRules } from "./selection-rules.ts";

/** Refuses InferenceProviders whose selection rules cannot be evaluated, so that rules do not fail in silence later. */
export function inferenceProviderPlugin(): AdmissionPlugin {
  const rules = new SelectionRules();
  return {
    name: "InferenceProviderValidation",
    handles: ({ resource, operation, subresource, object, oldObject }) =>
      resource.group === inferenceProviderNames.group &&
      resource.resource === inferenceProviderNames.plural &&
      (operation === "CREATE" || operation === "UPDATE") &&
      subresource === "" &&
      object !== undefined &&
      (oldObject === undefined || !equalJson(getKey(object, "spec"), getKey(oldObject, "spec"))),
    async validate({ object, kind, name }) {
      const { spec } = object as unknown as InferenceProvider;
      const errors = (spec.selectionRules ?? []).flatMap(({ condition }, i) =>
        rules
          .problems(condition)
          .map((problem) => invalid(`spec.selectionRules[${String(i)}].condition`, condition, problem)),
      );
      if (errors.length > 0) throw invalidObject(kind, name, errors);
    },
  };
}
