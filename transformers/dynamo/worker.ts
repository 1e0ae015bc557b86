import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { isObject, setKey } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { operatorEnginePod } from "../pod/engine-pod.ts";
import { environment } from "../pod/environment.ts";
import { downloadVariables, vllmCacheVariables } from "../pod/model.ts";
import { containerResources, gpuCount, nodeCount, warnOfImage } from "../pod/resources.ts";
import { podMetadata } from "../pod/template.ts";
import type { DynamoEngine } from "./engine.ts";
import { engineArgs, engineImage } from "./engine.ts";
import type { Component } from "./graph.ts";
import { componentNames, mainContainer } from "./graph.ts";
import { mockerArgs, mockerImage, mockerResources } from "./mocker.ts";
import { sidecarOf } from "./endpoint-picker.ts";

/** What sets the workers of a graph apart. */
export interface WorkerOptions {
  readonly engine: DynamoEngine;
  readonly role: "worker" | "prefill" | "decode";
  readonly replicas: number;
  readonly resources: ServingResources | undefined;
  /** No engine, only its behaviour: for tests without accelerators. */
  readonly isMocked: boolean;
  readonly hasPicker: boolean;
  readonly labels: Record<string, string>;
}

/** A component that runs the engine. */
export function workerComponent(
  deployment: ModelDeployment,
  options: WorkerOptions,
  findings: Findings,
): Component {
  const { role, replicas } = options;
  const { labels, annotations } = podMetadata(deployment, options.labels, findings);
  return {
    name: componentNames[role],
    role,
    replicas,
    nodes: nodeCount(options.resources),
    labels,
    ...(annotations === undefined ? {} : { annotations }),
    pod: workerPod(deployment, options, findings),
    ...(options.hasPicker ? { sidecar: sidecarOf(deployment, options.engine, role) } : {}),
  };
}

function workerPod(deployment: ModelDeployment, options: WorkerOptions, findings: Findings): JsonObject {
  const { engine, role, isMocked, resources } = options;
  const gpus = gpuCount(resources) * nodeCount(resources);
  warnOfImage(deployment, options.resources, findings);
  const variables = environment(
    deployment,
    engine === "vllm" ? vllmCacheVariables(deployment) : downloadVariables(deployment),
    findings,
  );
  const container = {
    image: isMocked ? mockerImage : engineImage(deployment, engine),
    command: ["python3", "-m", isMocked ? "dynamo.mocker" : `dynamo.${engine}`],
    args: isMocked
      ? mockerArgs(deployment, role, findings)
      : engineArgs(deployment, engine, { mode: role, gpus }, findings),
    env: role !== "worker" && engine === "vllm" && !isMocked ? withSideChannel(variables) : variables,
    resources: isMocked ? mockerResources : containerResources(options.resources),
  };
  return asMain(operatorEnginePod(deployment, container, findings));
}

/** Where the other side of a cache transfer finds this pod, unless the user says so. */
function withSideChannel(env: readonly JsonObject[]): JsonObject[] {
  const name = "VLLM_NIXL_SIDE_CHANNEL_HOST";
  if (env.some((variable) => variable["name"] === name)) return [...env];
  return [...env, { name, valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }];
}

/** The container users know as `engine` is `main` in a graph, also where a variable refers to it. */
function asMain(value: JsonObject): JsonObject {
  const containers = value["containers"];
  const renamed = Array.isArray(containers)
    ? containers.map((container): JsonValue =>
        isObject(container) && container["name"] === engineContainer
          ? { ...container, name: mainContainer }
          : container,
      )
    : [];
  return referringToMain({ ...value, containers: renamed }) as JsonObject;
}

function referringToMain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(referringToMain);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const isReference = key === "containerName" && child === engineContainer;
    setKey(result, key, isReference ? mainContainer : referringToMain(child));
  }
  return result;
}
