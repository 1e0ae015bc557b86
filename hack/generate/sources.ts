import { inferenceProviderColumns, inferenceProviderNames } from "../../api/inferenceprovider/names.ts";
import { inferenceProvider } from "../../api/inferenceprovider/v1alpha1/schema.ts";
import {
  llamaStackDistributionColumns,
  llamaStackDistributionNames,
  llamaStackDistributionSelectableFields,
} from "../../api/llamastackdistribution/names.ts";
import { llamaStackDistribution as llamaStackV1alpha1 } from "../../api/llamastackdistribution/v1alpha1/schema.ts";
import { llamaStackDistribution as llamaStackV1alpha2 } from "../../api/llamastackdistribution/v1alpha2/schema.ts";
import type { PrinterColumn, ScaleSubresource } from "../../api/meta/resource-definition.ts";
import {
  modelDeploymentColumns,
  modelDeploymentNames,
  modelDeploymentScale,
  modelDeploymentSelectableFields,
} from "../../api/modeldeployment/names.ts";
import { modelDeployment as modelDeploymentV1alpha1 } from "../../api/modeldeployment/v1alpha1/schema.ts";
import { modelDeployment as modelDeploymentV1alpha2 } from "../../api/modeldeployment/v1alpha2/schema.ts";
import type { AnySchema } from "../../api/common/schema.ts";

/** One version of a kind as the generator needs it. */
export interface SourceVersion {
  readonly name: string;
  readonly storage: boolean;
  readonly source: AnySchema;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields?: readonly string[];
  readonly scale?: ScaleSubresource;
}

/** One kind as the generator needs it. */
export interface SourceKind {
  readonly names:
    typeof modelDeploymentNames | typeof inferenceProviderNames | typeof llamaStackDistributionNames;
  /** In order of preference. */
  readonly versions: readonly SourceVersion[];
}

/** Every kind whose schema has its source here. */
export const sourceKinds: readonly SourceKind[] = [
  {
    names: modelDeploymentNames,
    versions: [
      {
        name: "v1alpha2",
        storage: true,
        source: modelDeploymentV1alpha2,
        columns: modelDeploymentColumns,
        selectableFields: modelDeploymentSelectableFields.v1alpha2,
        scale: modelDeploymentScale.v1alpha2,
      },
      {
        name: "v1alpha1",
        storage: false,
        source: modelDeploymentV1alpha1,
        columns: modelDeploymentColumns,
        selectableFields: modelDeploymentSelectableFields.v1alpha1,
        scale: modelDeploymentScale.v1alpha1,
      },
    ],
  },
  {
    names: inferenceProviderNames,
    versions: [
      { name: "v1alpha1", storage: true, source: inferenceProvider, columns: inferenceProviderColumns },
    ],
  },
  {
    names: llamaStackDistributionNames,
    versions: [
      {
        name: "v1alpha2",
        storage: true,
        source: llamaStackV1alpha2,
        columns: llamaStackDistributionColumns.v1alpha2,
        selectableFields: llamaStackDistributionSelectableFields.v1alpha2,
      },
      {
        name: "v1alpha1",
        storage: false,
        source: llamaStackV1alpha1,
        columns: llamaStackDistributionColumns.v1alpha1,
        selectableFields: llamaStackDistributionSelectableFields.v1alpha1,
      },
    ],
  },
];
