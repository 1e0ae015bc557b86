import { invalid as invalidObject } from "../api/errors/catalogue.ts";
import { incompleteness } from "../conversion/lossless.ts";
import { conversions } from "../conversion/registry.ts";
import { groupResource } from "../api/meta/types.ts";
import { forbidden } from "../machinery/field/error.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";

/**
 * Refuses objects written in a version that could not carry all of what is stored: what is left of them would take the
 * place of the whole. A status is written with the rest of its object, so it is no exception.
 */
export const wholeObjectPlugin = (): AdmissionPlugin => ({
  name: "WholeObjects",
  handles: ({ resource, operation, object }) =>
    (operation === "CREATE" || operation === "UPDATE") &&
    object !== undefined &&
    conversions.some((conversion) => conversion.resource === groupResource(resource)) &&
    incompleteness(object) !== undefined,
  async validate({ kind, name, object = {} }) {
    const gap = incompleteness(object);
    if (gap !== undefined) throw invalidObject(kind, name, [forbidden(gap.path, gap.detail)]);
  },
});
