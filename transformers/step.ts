/** Whether a rendered resource is a step: a Job that runs once, and that what stands behind it in the order waits for. */
export const isStep = ({
  apiVersion,
  kind,
}: {
  readonly apiVersion: string;
  readonly kind: string;
}): boolean => kind === "Job" && apiVersion.startsWith("batch/");
