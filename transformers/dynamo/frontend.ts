import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { helperEnvironment } from "../pod/environment.ts";
import type { Component } from "./graph.ts";
import { componentNames, mainContainer } from "./graph.ts";
import type { GraphOptions } from "./options.ts";

/** The component that answers requests and hands them to the workers. It reads tokenizers, so it has the token, too. */
export function frontendComponent(
  deployment: ModelDeployment,
  options: GraphOptions,
  own: {
    readonly image: string;
    readonly labels: Record<string, string>;
    readonly scheduling: JsonObject;
    /** None when there is nothing to hand requests to. */
    readonly isNeeded: boolean;
    readonly resources: JsonObject;
  },
): Component {
  const { frontend, routerMode } = options;
  return {
    name: componentNames.frontend,
    role: "frontend",
    replicas: own.isNeeded ? (frontend.replicas ?? 1) : 0,
    labels: own.labels,
    pod: {
      containers: [
        {
          name: mainContainer,
          image: own.image,
          env: [
            ...helperEnvironment(deployment),
            { name: "DYN_ROUTER_MODE", value: routerMode ?? "round-robin" },
          ],
          resources: { ...own.resources, requests: { ...requestsOf(own.resources), ...frontend.resources } },
        },
      ],
      ...own.scheduling,
    },
  };
}

const requestsOf = (resources: JsonObject): JsonObject => (resources["requests"] ?? {}) as JsonObject;

/** What a frontend asks for. */
export const frontendResources: JsonObject = { requests: { cpu: "2", memory: "4Gi" } };
