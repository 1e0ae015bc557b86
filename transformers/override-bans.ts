import type { Ban } from "../api/modeldeployment/validation/override-bans.ts";
import { overrideBansOf } from "../api/modeldeployment/validation/override-bans.ts";
import type { Transformer } from "./transformer.ts";

/** What overrides must not touch in anything these transformers render. */
export const overrideBans = (transformers: readonly Transformer[]): readonly Ban[] =>
  overrideBansOf(
    transformers.map(({ podSpecs, amounts, componentOverrides = [] }) => ({
      podSpecs: Object.values(podSpecs).flat(),
      amounts,
      components: componentOverrides,
    })),
  );
