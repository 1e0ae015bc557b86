import { dns1123Label } from "../../machinery/names/names.ts";

/** The longest name: what is derived from it, up to `-network-policy`, has to be a DNS label. */
const maxLength = 48;

/** What is wrong with the name of a LlamaStackDistribution. */
export const llamaStackDistributionName = (name: string): readonly string[] => [
  ...dns1123Label(name),
  ...(name.length > maxLength
    ? [`must be no more than ${String(maxLength)} characters, since names of other resources begin with it`]
    : []),
];
