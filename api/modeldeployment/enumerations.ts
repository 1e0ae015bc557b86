/** The values that enumerated fields may have. Apart from the schemas, so that the program can use them without TypeBox. */

/** Where weights come from. */
export const modelSources = ["huggingface", "custom"] as const;
/** Engines in the order in which one is chosen when none is named. */
export const engineTypes = ["vllm", "sglang", "trtllm", "llamacpp"] as const;
export const servingModes = ["aggregated", "disaggregated"] as const;
export const apiFormats = ["openai-chat", "openai-responses", "anthropic-messages"] as const;
export const phases = ["Pending", "Deploying", "Running", "Failed", "Terminating"] as const;
export const volumePurposes = ["modelCache", "compilationCache", "custom"] as const;
export const accessModes = ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"] as const;
/** What happens to a change that the provider cannot make in place. */
export const updatePolicies = ["Recreate", "Reject"] as const;
/** What becomes of a claim when its deployment is deleted. */
export const retentionPolicies = ["Delete", "Retain"] as const;
