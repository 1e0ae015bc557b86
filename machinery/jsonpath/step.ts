import type { Filter } from "./filter.ts";

/** One step of a compiled path. */
export type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "wildcard" }
  | {
      readonly kind: "slice";
      readonly from: number;
      readonly to?: number;
      readonly by: number;
      readonly single: boolean;
    }
  | { readonly kind: "union"; readonly branches: readonly Step[] }
  | { readonly kind: "descend"; readonly name: string }
  | { readonly kind: "filter"; readonly filter: Filter };

/** A path that cannot be compiled. */
export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
}
