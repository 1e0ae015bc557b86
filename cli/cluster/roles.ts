/** What a process does for a cluster. Any subset may share a process; every role may have several replicas. */
export const roles = ["api", "webhook", "reconciler"] as const;

/**
 * `api` answers for our group behind an APIService; `webhook` answers reviews and conversions and guards what is
 * rendered; `reconciler` takes part in the election of the one that keeps the cluster as rendered.
 */
export type Role = (typeof roles)[number];
