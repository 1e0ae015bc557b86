import type { ModelDeployment } from "../v1alpha2/types.ts";

const formerGroup = "airunway.ai/";
const understood = new Set(["airunway.ai/reconcile-paused"]);

/** What is accepted but probably not what was meant; each text starts with the path it is about. */
export function modelDeploymentWarnings(object: ModelDeployment): string[] {
  return [
    ...modelWarnings(object),
    ...imageWarnings(object),
    ...servingWarnings(object),
    ...annotationWarnings(object),
  ];
}

function modelWarnings({ spec }: ModelDeployment): string[] {
  const { model, engine } = spec;
  const out: string[] = [];
  if (model.source === "custom" && isSet(model.servedName)) {
    out.push("spec.model.servedName: ignored for source custom");
  }
  if (engine?.trustRemoteCode === true) {
    out.push("spec.engine.trustRemoteCode: code from the model repository will run in the engine");
  }
  if (engine?.type === "trtllm" && engine.contextLength !== undefined) {
    out.push("spec.engine.contextLength: trtllm fixes the context length when its engine is built");
  }
  for (const [i, volume] of (model.volumes ?? []).entries()) {
    if (volume.readOnly !== true) continue;
    const at = `spec.model.volumes[${String(i)}].readOnly`;
    if (volume.purpose === "compilationCache")
      out.push(`${at}: a compilation cache that cannot be written is of no use`);
    if (volume.purpose === "modelCache" && model.source !== "custom") {
      out.push(`${at}: the weights will not be downloaded; they must be on the volume already`);
    }
  }
  return out;
}

/** Names of tags that stand for another image every now and then. */
const moving = /(^|[-_.])(latest|nightly|main|master|edge|dev)$/;

/** Replicas that start later would run something else than those that run already. */
function imageWarnings({ spec }: ModelDeployment): string[] {
  const images = {
    "spec.engine.image": spec.engine?.image,
    "spec.model.download.image": spec.model.download?.image,
  };
  return Object.entries(images).flatMap(([path, image = ""]) => {
    if (image === "" || image.includes("@")) return [];
    const [, tag = "latest"] = /:([^:/]+)$/.exec(image) ?? [];
    return moving.test(tag)
      ? [`${path}: the tag ${tag} moves, so replicas may run different images; name a version or a digest`]
      : [];
  });
}

function servingWarnings({ spec }: ModelDeployment): string[] {
  const serving = spec.serving ?? {};
  const ignored =
    serving.mode === "disaggregated"
      ? ([
          ["replicas", serving.replicas],
          ["resources.cpu", serving.resources?.cpu],
          ["resources.memory", serving.resources?.memory],
        ] as const)
      : ([
          ["prefill", serving.prefill],
          ["decode", serving.decode],
        ] as const);
  const mode = serving.mode ?? "aggregated";
  return ignored
    .filter(([, value]) => value !== undefined)
    .map(([path]) => `spec.serving.${path}: ignored in ${mode} mode`);
}

function annotationWarnings({ metadata }: ModelDeployment): string[] {
  return Object.keys(metadata.annotations ?? {})
    .filter((key) => key.startsWith(formerGroup) && !understood.has(key))
    .map((key) => `metadata.annotations[${key}]: has no effect here`);
}

const isSet = (text: string | undefined): boolean => text !== undefined && text !== "";
