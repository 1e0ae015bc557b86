/** Every condition the status of an InferenceProvider may have, with its reasons. */
export const providerConditionReasons = {
  Ready: [
    "KindNotServed",
    "KindServed",
    "OperatorAlive",
    "OperatorNotFound",
    "OperatorNotReady",
    "OperatorUnknown",
  ],
  SelectionRulesValid: ["RuleFailed", "RulesValid"],
} as const;

export type ProviderConditionType = keyof typeof providerConditionReasons;
export type ProviderConditionReason = (typeof providerConditionReasons)[ProviderConditionType][number];
