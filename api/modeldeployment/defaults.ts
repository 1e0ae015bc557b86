/**
 * Defaults of the hub version that depend on other fields or on the object's name, so the schema cannot give them.
 * They run at admission, after schema defaults and before selection. An explicit false or zero is never touched.
 */
import type { EngineType, ModelDeployment, ModelVolume } from "./v1alpha2/types.ts";

const mountPaths = { modelCache: "/model-cache", compilationCache: "/compilation-cache" } as const;

/** Name of the claim that is created for a volume with a size. */
export const claimNameFor = (deployment: string, volume: string): string => `${deployment}-${volume}`;

/**
 * Keeps what was chosen for the object before: an update that names no provider keeps the old one, and one that names
 * neither engine nor another provider keeps the old engine. Changes the object.
 */
export function keepChoices(object: ModelDeployment, old: ModelDeployment): void {
  const { spec } = object;
  const oldProvider = old.spec.provider?.name;
  if (isUnset(spec.provider?.name) && !isUnset(oldProvider))
    spec.provider = { ...spec.provider, name: oldProvider };
  const oldEngine = old.spec.engine?.type;
  if (spec.engine?.type === undefined && oldEngine !== undefined && spec.provider?.name === oldProvider) {
    spec.engine = { ...spec.engine, type: oldEngine };
  }
}

/** Sets every default that is not in the schema. Changes the object; `old` is the stored one on updates. */
export function defaultModelDeployment(object: ModelDeployment, old?: ModelDeployment): void {
  const { spec } = object;
  spec.model.source ??= "huggingface";
  spec.serving ??= {};
  spec.serving.mode ??= "aggregated";
  if (spec.serving.mode === "aggregated") {
    spec.serving.replicas ??= 1;
    if (wantsGpu(object, old)) spec.serving.resources = { gpu: { count: 1, type: "nvidia.com/gpu" } };
  }
  for (const volume of spec.model.volumes ?? []) defaultVolume(volume, object.metadata.name ?? "");
}

/**
 * A named GPU engine without any resources gets one GPU, unless an image of the user's own may be built for CPUs, or
 * the stored object has been running this engine without resources all along.
 */
function wantsGpu({ spec }: ModelDeployment, old: ModelDeployment | undefined): boolean {
  const engine = spec.engine?.type;
  if (spec.serving?.resources !== undefined || engine === undefined || !gpuEngines.includes(engine))
    return false;
  if (!isUnset(spec.engine?.image)) return false;
  const ranWithout = old?.spec.engine?.type === engine && old.spec.serving?.resources === undefined;
  return !ranWithout;
}

const gpuEngines: readonly EngineType[] = ["vllm", "sglang", "trtllm"];

function defaultVolume(volume: ModelVolume, deployment: string): void {
  volume.purpose ??= "custom";
  if (isUnset(volume.mountPath) && volume.purpose !== "custom") volume.mountPath = mountPaths[volume.purpose];
  if (volume.size === undefined) return;
  if (isUnset(volume.claimName)) volume.claimName = claimNameFor(deployment, volume.name);
  volume.accessMode ??= "ReadWriteMany";
}

const isUnset = (text: string | undefined): text is "" | undefined => text === undefined || text === "";
