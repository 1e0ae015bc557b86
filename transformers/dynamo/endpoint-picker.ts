/**
 * The graph behind a gateway: an endpoint picker chooses the worker, and each worker has a frontend beside it that takes
 * requests for it alone. Dynamo's operator makes the InferencePool.
 */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { tokenEnvironment } from "../pod/environment.ts";
import type { DynamoEngine } from "./engine.ts";
import { engineImage } from "./engine.ts";
import type { Component } from "./graph.ts";
import { componentNames, dynamoImage, mainContainer, sidecarContainer } from "./graph.ts";
import type { GraphOptions } from "./options.ts";

/** The endpoint picker; there is exactly one, Dynamo takes no other number. */
export function pickerComponent(
  { image }: GraphOptions["epp"],
  options: {
    readonly labels: Record<string, string>;
    readonly scheduling: JsonObject;
    readonly isDisaggregated: boolean;
    /** The label of workers that tells what they do, and its value for those that answer. */
    readonly roleLabel: string;
    readonly answering: readonly string[];
  },
): Component {
  const { isDisaggregated } = options;
  const flag = (value: boolean): string => (value ? "true" : "false");
  return {
    name: componentNames.picker,
    role: "epp",
    replicas: 1,
    labels: options.labels,
    pod: {
      containers: [
        {
          name: mainContainer,
          image: image ?? dynamoImage("dynamo-frontend"),
          env: [
            { name: "DYN_DECODE_FALLBACK", value: flag(!isDisaggregated) },
            { name: "DYN_ENFORCE_DISAGG", value: flag(isDisaggregated) },
          ],
        },
      ],
      ...options.scheduling,
    },
    pickerConfig: pickerConfig(options),
  };
}

function pickerConfig({
  isDisaggregated,
  roleLabel,
  answering,
}: {
  readonly isDisaggregated: boolean;
  readonly roleLabel: string;
  readonly answering: readonly string[];
}): JsonObject {
  const filter = (name: string, validValues: readonly string[], allowsNoLabel: boolean): JsonObject => ({
    type: "label-filter",
    name,
    parameters: { label: roleLabel, validValues: [...validValues], allowsNoLabel },
  });
  const profile = (role: string): JsonObject => ({
    name: role,
    plugins: [`${role}-filter`, `dyn-${role}`, "picker"].map((pluginRef) => ({ pluginRef, weight: 1 })),
  });
  return {
    plugins: [
      { type: "disagg-profile-handler" },
      ...(isDisaggregated ? [filter("prefill-filter", ["prefill"], false)] : []),
      filter("decode-filter", answering, !isDisaggregated),
      { type: "max-score-picker", name: "picker" },
      ...(isDisaggregated ? [{ type: "dyn-prefill-scorer", name: "dyn-prefill" }] : []),
      { type: "dyn-decode-scorer", name: "dyn-decode" },
    ],
    schedulingProfiles: [...(isDisaggregated ? [profile("prefill")] : []), profile("decode")],
  };
}

/** The frontend beside an engine. */
export function sidecarOf(
  deployment: ModelDeployment,
  engine: DynamoEngine,
  role: "worker" | "prefill" | "decode",
): JsonObject {
  const env = tokenEnvironment(deployment);
  return {
    name: sidecarContainer,
    image: engineImage(deployment, engine),
    args: ["-m", "dynamo.frontend", ...(role === "worker" ? ["--router-mode", "direct"] : [])],
    ...(env.length === 0 ? {} : { env }),
  };
}
