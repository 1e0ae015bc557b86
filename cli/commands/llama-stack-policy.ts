import type { LlamaStackPolicy } from "../../admission/llamastack/options.ts";
import type { ServeValues } from "./serve.ts";

/** What flags and configuration file say of references of LlamaStackDistributions. */
export const llamaStackPolicy = (
  values: Pick<ServeValues, "llama-stack-missing-references" | "llama-stack-read-secret-keys">,
): LlamaStackPolicy => ({
  missingReferences: values["llama-stack-missing-references"] === "Warn" ? "Warn" : "Enforce",
  readsSecretKeys: values["llama-stack-read-secret-keys"] === "true",
});
