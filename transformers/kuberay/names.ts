/** The name of the provider, and of its folder. */
export const kuberayName = "kuberay";

/** The image of Ray with its LLM library and vLLM. */
export const rayImage = "rayproject/ray-llm:2.55.0-py311-cu128";

/** The port Ray Serve answers on, and that of KubeRay's Service in front of it. */
export const servePort = 8000;

/** KubeRay makes names of 63 characters out of that of a RayService. */
export const maxNameLength = 47;

/** Groups of workers. */
export const groupNames = {
  worker: "gpu-workers",
  prefill: "prefill-workers",
  decode: "decode-workers",
} as const;

/** What the workers of a group do. */
export type GroupRole = keyof typeof groupNames;

/** Where pod specs stand in a RayService. */
export const podSpecs: readonly string[] = [
  "spec.rayClusterConfig.headGroupSpec.template.spec",
  "spec.rayClusterConfig.workerGroupSpecs.[].template.spec",
];
