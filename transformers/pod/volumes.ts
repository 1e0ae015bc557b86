import type { KubeObject } from "../../api/meta/types.ts";
import { claimNameFor } from "../../api/modeldeployment/defaults.ts";
import type { ModelDeployment, ModelVolume } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { objectMeta, retentionAnnotation } from "../names.ts";

const mountPaths = {
  modelCache: "/model-cache",
  compilationCache: "/compilation-cache",
  custom: "",
} as const;

/** Where a volume is mounted. */
export const mountPathOf = (volume: ModelVolume): string =>
  volume.mountPath ?? mountPaths[volume.purpose ?? "custom"];

/** Whether a volume is mounted where its purpose alone would not put it. */
export const isMountedElsewhere = (volume: ModelVolume): boolean =>
  mountPathOf(volume) !== mountPaths[volume.purpose ?? "custom"];

/** The claim behind a volume. */
export const claimOf = ({ metadata }: ModelDeployment, volume: ModelVolume): string =>
  volume.claimName === undefined || volume.claimName === ""
    ? claimNameFor(metadata.name ?? "", volume.name)
    : volume.claimName;

const volumesOf = ({ spec }: ModelDeployment): readonly ModelVolume[] => spec.model.volumes ?? [];

/** The volume of a purpose, of which there is at most one. */
export const volumeFor = (
  deployment: ModelDeployment,
  purpose: "modelCache" | "compilationCache",
): ModelVolume | undefined => volumesOf(deployment).find((volume) => volume.purpose === purpose);

/** Volumes of the pod and their mounts in the container, all or only one of them. */
export function podVolumes(
  deployment: ModelDeployment,
  options: { readonly sharedMemory?: string; readonly only?: string },
  findings?: Findings,
): { volumes: JsonObject[]; volumeMounts: JsonObject[] } {
  const volumes: JsonObject[] = [];
  const volumeMounts: JsonObject[] = [];
  for (const volume of volumesOf(deployment)) {
    if (options.only !== undefined && volume.name !== options.only) continue;
    const claim = { claimName: claimOf(deployment, volume), ...(volume.readOnly === true ? readOnly : {}) };
    volumes.push({ name: volume.name, persistentVolumeClaim: claim });
    volumeMounts.push({
      name: volume.name,
      mountPath: mountPathOf(volume),
      ...(volume.readOnly === true ? readOnly : {}),
    });
  }
  if (options.sharedMemory !== undefined) {
    const taken = volumesOf(deployment).findIndex(({ name }) => name === "shm");
    if (taken >= 0) {
      findings?.error(
        invalid(
          `spec.model.volumes[${String(taken)}].name`,
          "shm",
          "is the name of the volume the accelerators of a replica share",
        ),
      );
    }
    volumes.push({ name: "shm", emptyDir: { medium: "Memory", sizeLimit: options.sharedMemory } });
    volumeMounts.push({ name: "shm", mountPath: "/dev/shm" });
  }
  return { volumes, volumeMounts };
}

const readOnly = { readOnly: true } as const;

/** The claims to create: those of volumes with a size. */
export function managedClaims(deployment: ModelDeployment, labels: Record<string, string>): KubeObject[] {
  return volumesOf(deployment)
    .filter(({ size }) => size !== undefined)
    .map((volume) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        ...objectMeta(deployment, claimOf(deployment, volume), labels),
        ...(volume.retentionPolicy === "Retain" ? { annotations: { [retentionAnnotation]: "Retain" } } : {}),
      },
      spec: {
        accessModes: [volume.accessMode ?? "ReadWriteMany"],
        resources: { requests: { storage: String(volume.size) } },
        ...(volume.storageClassName === undefined ? {} : { storageClassName: volume.storageClassName }),
      },
    }));
}

/** Reports claims created here whose access mode does not go with so many pods. */
export function checkSharing(deployment: ModelDeployment, pods: number, findings: Findings): void {
  if (pods < 2) return;
  for (const [i, { accessMode }] of volumesOf(deployment).entries()) {
    const at = `spec.model.volumes[${String(i)}].accessMode`;
    if (accessMode === "ReadWriteOncePod") {
      findings.error(
        invalid(at, accessMode, `only one pod can have such a volume, and there are ${String(pods)}`),
      );
    } else if (accessMode === "ReadWriteOnce") {
      findings.warnings.push(`${at}: all ${String(pods)} pods have to run on the node that has the volume`);
    }
  }
}

/**
 * Whether pods of the old and the new model can have the weights' volume at the same time; only of a claim created here
 * the access mode is known.
 */
export const canShareModelCache = (deployment: ModelDeployment): boolean =>
  volumeFor(deployment, "modelCache")?.accessMode === "ReadWriteMany";

/** Whether two pods on different nodes could not have the volumes at the same time, so that a rollout must stop first. */
export const needsExclusiveVolume = (deployment: ModelDeployment): boolean =>
  volumesOf(deployment).some(
    ({ accessMode }) => accessMode === "ReadWriteOnce" || accessMode === "ReadWriteOncePod",
  );
