/** LlamaStackDistribution between v1alpha1 and v1alpha2 (the hub), by the table in layout.ts. */
import type { Converter } from "../../api/meta/resource-definition.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import { losslessConversion } from "../lossless.ts";
import type { Path, Version } from "../moves.ts";
import { places, special, table } from "./layout.ts";
import { containerNameOf, toV1alpha1, toV1alpha2 } from "./mapping.ts";
import { translatePath } from "./translate-path.ts";

/** Converts, and says which stash had to be dropped; the result shares values with the object. Throws only for a version that does not exist. */
export const convertLlamaStackDistribution = losslessConversion({
  group: "hawsepipe.dev",
  kind: "LlamaStackDistribution",
  map: (source, to, hint) => (to === "v1alpha2" ? toV1alpha2(source) : toV1alpha1(source, hint)),
  hintOf: containerNameOf,
  fields: {
    v1alpha1: [...fieldsOf("v1alpha1"), special.replicasV1alpha1, special.containerName, special.exposeRoute],
    v1alpha2: [...fieldsOf("v1alpha2"), special.replicas, special.exposeEnabled],
  },
  places,
});

/** The converter of LlamaStackDistribution for the generic server, whose results are their own. */
export const llamaStackDistributionConverter: Converter = {
  convert: (object, toVersion) => cloneJson(convertLlamaStackDistribution(object, toVersion).object),
  translatePath,
};

function fieldsOf(version: Version): Path[] {
  return [...table.moves, ...table.containers].map((step) => step[version]);
}
