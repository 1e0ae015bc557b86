import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { Findings } from "../findings.ts";
import type { DownloadJobOptions } from "./download-job.ts";
import { downloadJob } from "./download-job.ts";
import { managedClaims } from "./volumes.ts";

/** The kinds `modelStorage` renders. */
export const storageKinds = [
  { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  { apiVersion: "batch/v1", kind: "Job" },
] as const;

/** What the API server refuses to change in them. A Job that is not finished is replaced; a finished one is left alone. */
export const storageImmutable = {
  PersistentVolumeClaim: [
    ["spec", "accessModes"],
    ["spec", "storageClassName"],
  ],
  Job: [["spec", "template"]],
} as const;

/**
 * What must be there before the pods that mount `spec.model.volumes`: the claims to create, and the Job that fills the
 * one for weights. In the order of application, to be put in front of the workload.
 */
export function modelStorage(
  deployment: ModelDeployment,
  labels: Record<string, string>,
  options: DownloadJobOptions,
  findings: Findings,
): readonly KubeObject[] {
  const job = downloadJob(deployment, labels, options, findings);
  return [...managedClaims(deployment, labels), ...(job === undefined ? [] : [job])];
}
