import type { Move, Table } from "../moves.ts";
import { dotted, move } from "../moves.ts";

/** Where v1alpha1 and v1alpha2 of ModelDeployment keep the same thing: the table the conversion is made of. */

const component = (name: string): Move[] => [
  move(`spec.scaling.${name}.replicas`, `spec.serving.${name}.replicas`),
  move(`spec.scaling.${name}.gpu`, `spec.serving.${name}.resources.gpu`),
  move(`spec.scaling.${name}.memory`, `spec.serving.${name}.resources.memory`),
];

const engineFields = [
  "type",
  "contextLength",
  "trustRemoteCode",
  "enablePrefixCaching",
  "enforceEager",
  "args",
  "extraArgs",
];
const statusFields = [
  "phase",
  "message",
  "observedGeneration",
  "replicas",
  "selector",
  "endpoint",
  "rendered",
  "modelDownload",
];

/** Everything that is moved as it is. Image, token and pause have rules of their own in mapping.ts. */
export const moves: readonly Move[] = [
  ...["id", "source", "servedName"].map((name) => move(`spec.model.${name}`)),
  move("spec.model.storage.volumes", "spec.model.volumes"),
  move("spec.model.storage.download", "spec.model.download"),
  ...engineFields.map((name) => move(`spec.engine.${name}`)),
  move("spec.model.lora"),
  move("spec.provider"),
  move("spec.updatePolicy"),
  move("spec.autoscaling"),
  move("spec.serving.mode"),
  move("spec.scaling.replicas", "spec.serving.replicas"),
  move("spec.resources", "spec.serving.resources"),
  ...component("prefill"),
  ...component("decode"),
  move("spec.gateway", "spec.networking.gateway"),
  move("spec.env", "spec.workload.env"),
  move("spec.nodeSelector", "spec.workload.nodeSelector"),
  move("spec.tolerations", "spec.workload.tolerations"),
  move("spec.podTemplate.metadata", "spec.workload.podTemplate.metadata"),
  ...statusFields.map((name) => move(`status.${name}`)),
  move("status.unsupportedFields"),
  move("status.conditions"),
  ...["name", "resourceName", "resourceKind"].map((name) => move(`status.provider.${name}`)),
  move("status.provider.selectedReason", "status.selection.providerReason"),
  move("status.engine.type"),
  move("status.engine.selectedReason", "status.selection.engineReason"),
];

/** Objects that exist in both versions even when nothing is in them. */
export const containers: readonly Move[] = [
  move("spec"),
  move("spec.model"),
  move("spec.engine"),
  move("spec.scaling.prefill", "spec.serving.prefill"),
  move("spec.scaling.decode", "spec.serving.decode"),
  move("spec.podTemplate", "spec.workload.podTemplate"),
  move("status"),
];

/** Fields with a rule of their own. */
export const special = {
  imageV1alpha1: dotted("spec.image"),
  image: dotted("spec.engine.image"),
  tokenV1alpha1: dotted("spec.secrets.huggingFaceToken"),
  tokenName: dotted("spec.model.tokenSecretRef.name"),
  tokenKey: dotted("spec.model.tokenSecretRef.key"),
  paused: dotted("spec.paused"),
} as const;

/** The annotation that stands for spec.paused in v1alpha1. */
export const pausedAnnotation = "hawsepipe.dev/paused";
/** The same annotation of AI Runway; understood when ours is absent, never written. */
export const formerPausedAnnotation = "airunway.ai/reconcile-paused";

/** The whole table. */
export const table: Table = { moves, containers };
