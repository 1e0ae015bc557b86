import { llamaStackDistributionNames } from "../../api/llamastackdistribution/names.ts";
import type { OwnerKind } from "../ownership.ts";
import { distributionLabel } from "./render/names.ts";

const { group, kind } = llamaStackDistributionNames;

/** LlamaStackDistribution as an owner of rendered resources. */
export const distributionOwner: OwnerKind = { group, kind, nameLabel: distributionLabel };
