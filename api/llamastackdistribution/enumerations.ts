/** The values that enumerated fields may have. Apart from the schemas, so that the program can use them without TypeBox. */

export const llamaStackPhases = ["Pending", "Initializing", "Ready", "Failed", "Terminating"] as const;
export const kvTypes = ["sqlite", "redis"] as const;
export const sqlTypes = ["sqlite", "postgres"] as const;
export const pullPolicies = ["Always", "IfNotPresent", "Never"] as const;
/** Where the base of a generated configuration was found. */
export const configSources = ["embedded", "oci-label"] as const;

/** The sections of spec.providers, in the order everything walks them. */
export const providerSections = ["inference", "safety", "vectorIo", "toolRuntime", "telemetry"] as const;

/** The sections of spec.externalProviders, in the order their images are installed. */
export const externalSections = [
  "inference",
  "safety",
  "agents",
  "vectorIo",
  "datasetIo",
  "scoring",
  "eval",
  "toolRuntime",
  "postTraining",
] as const;
