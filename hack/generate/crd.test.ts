import { expect, test } from "vitest";
import { parse } from "yaml";
import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import { llamaStackDistributionDefinition } from "../../api/llamastackdistribution/definition.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { loadCustomResourceDefinition } from "../../server/crds/load.ts";
import { crdManifest } from "./crd.ts";
import { sourceKinds } from "./sources.ts";

const definitions: readonly ResourceDefinition[] = [
  modelDeploymentDefinition({ convert: (object) => object }),
  inferenceProviderDefinition(),
  llamaStackDistributionDefinition({ convert: (object) => object }),
];

test.each(sourceKinds)(
  "the CRD of $names.kind loads like any other and means what the definition says",
  (kind) => {
    const manifest = parse(crdManifest(kind)) as { spec: JsonObject };
    // Conversion by webhook is for kube-apiserver; our own server converts in process and does not load our own CRDs.
    expect(manifest.spec["conversion"] === undefined).toBe(kind.versions.length === 1);
    delete manifest.spec["conversion"];
    const { definition, errors } = loadCustomResourceDefinition(manifest);
    expect(errors.map(printFieldError)).toEqual([]);
    const ours = definitions.find((d) => d.kind === kind.names.kind)!;
    expect(definition).toMatchObject({
      group: ours.group,
      kind: ours.kind,
      listKind: ours.listKind,
      plural: ours.plural,
      shortNames: ours.shortNames,
      categories: ours.categories,
      namespaced: ours.namespaced,
    });
    for (const version of ours.versions) {
      const loaded = definition?.versions.find((v) => v.name === version.name);
      expect(loaded?.storage).toBe(version.storage);
      expect(loaded?.scale).toEqual(version.scale);
      expect(loaded?.columns.map((c) => c.name)).toEqual(version.columns.map((c) => c.name));
      expect(loaded?.schema.properties?.get("spec")).toEqual(version.schema.properties?.get("spec"));
      expect(loaded?.schema.properties?.get("status")).toEqual(version.schema.properties?.get("status"));
    }
  },
);
