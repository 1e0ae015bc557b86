/**
 * What real operators write into the status of their resources, one after the other, and what a user has to see. The
 * statuses have the fields the operators' own schemas demand.
 */

/** One turn of an operator, after an update of the deployment where there is one. */
export interface Turn {
  readonly says: string;
  /** Merged into the spec of the deployment first. */
  readonly update?: object;
  /** Whether the update makes another resource of it. */
  readonly isReplaced?: boolean;
  /** What the operator writes, given the generation it looks at; nothing when it does not look. */
  readonly status?: (generation: number) => object;
  /** How far the clock is moved on before, in minutes. */
  readonly minutes?: number;
  readonly want: {
    readonly phase: string;
    readonly reason: string;
    readonly message?: string;
    readonly replicas?: object;
    readonly endpoint?: object;
  };
}

/** The turns of one provider's operator. */
export interface OperatorScript {
  readonly provider: string;
  readonly spec: Readonly<Record<string, object>>;
  readonly turns: readonly Turn[];
}

const lastTransitionTime = "2026-01-01T00:00:00Z";
const condition = (type: string, status: string, reason: string, message = ""): object => ({
  ...{ type, status, reason, message, lastTransitionTime },
});
const two = { serving: { replicas: 2, resources: { gpu: { count: 1 } } } };
const one = { desired: 2, ready: 1, available: 1 };
const both = { desired: 2, ready: 2, available: 2 };

const part = (replicas: number, ready: number, updated: number): object => ({
  ...{ componentKind: "Deployment", componentName: "x", replicas, updatedReplicas: updated },
  ...{ readyReplicas: ready, availableReplicas: ready },
});

/** The same under the names of both versions; a server prunes the one it does not know. */
const graph = (state: string, generation: number, worker: object, message = ""): object => {
  const parts = { Frontend: part(1, 1, 1), VllmWorker: worker };
  const isReady = state === "successful";
  return {
    ...{ state, observedGeneration: generation, services: parts, components: parts },
    conditions: [condition("Ready", isReady ? "True" : "False", isReady ? "ready" : "not_ready", message)],
  };
};

const dynamo: OperatorScript = {
  provider: "dynamo",
  spec: two,
  turns: [
    { says: "nobody looks", want: { phase: "Deploying", reason: "DeploymentInProgress" } },
    {
      says: "a slow start",
      status: (generation) =>
        graph("pending", generation, part(2, 1, 2), "Resources not ready: x: desired=2, ready=1"),
      want: {
        phase: "Deploying",
        reason: "DeploymentInProgress",
        message: "Resources not ready: x: desired=2, ready=1",
        replicas: one,
      },
    },
    {
      says: "success",
      status: (generation) => graph("successful", generation, part(2, 2, 2)),
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        replicas: both,
        endpoint: { service: "scripted-frontend", port: 8000 },
      },
    },
    {
      says: "a change nobody has looked at",
      update: { engine: { contextLength: 4096 } },
      want: { phase: "Deploying", reason: "PreviousVersionServing", replicas: both },
    },
    {
      says: "a rollout that is called successful",
      status: (generation) => graph("successful", generation, part(3, 2, 1)),
      want: { phase: "Deploying", reason: "PreviousVersionServing" },
    },
    {
      says: "a rollout that fails",
      status: (generation) => graph("failed", generation, part(2, 2, 0), "no such image"),
      want: { phase: "Failed", reason: "UpdateFailed", message: "no such image" },
    },
    {
      says: "recovery",
      status: (generation) => graph("successful", generation, part(2, 2, 2)),
      want: { phase: "Running", reason: "DeploymentReady" },
    },
    {
      says: "an operator that is gone",
      update: { engine: { contextLength: 8192 } },
      minutes: 6,
      want: { phase: "Deploying", reason: "OperatorNotResponding" },
    },
  ],
};

const side = (name: string, status: string, message: string): object => ({
  rayClusterName: name,
  applicationStatuses: {
    llm: { status, message, serveDeploymentStatuses: { "LLMServer:m": { status, message } } },
  },
  rayClusterStatus: { readyWorkerReplicas: 2, desiredWorkerReplicas: 2 },
});
const ready = (status: string, reason: string, message: string): object => ({
  conditions: [condition("Ready", status, reason, message)],
});

const kuberay: OperatorScript = {
  provider: "kuberay",
  spec: two,
  turns: [
    { says: "nobody looks", want: { phase: "Deploying", reason: "DeploymentInProgress" } },
    {
      says: "a slow start",
      status: (observedGeneration) => ({
        observedGeneration,
        ...ready("False", "Initializing", "RayService is initializing"),
        pendingServiceStatus: side("scripted-1", "DEPLOYING", "loading weights"),
      }),
      want: { phase: "Deploying", reason: "DeploymentInProgress", message: "LLMServer:m: loading weights" },
    },
    {
      says: "a first failure, which shows under the pending cluster only",
      status: () => ({ pendingServiceStatus: side("scripted-1", "DEPLOY_FAILED", "CUDA out of memory") }),
      want: { phase: "Failed", reason: "DeploymentFailed", message: "LLMServer:m: CUDA out of memory" },
    },
    {
      says: "success",
      status: () => ({
        pendingServiceStatus: null,
        activeServiceStatus: side("scripted-1", "RUNNING", ""),
        numServeEndpoints: 2,
        ...ready("True", "NonZeroServeEndpoints", "Number of serve endpoints is greater than 0"),
      }),
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        replicas: both,
        endpoint: { service: "scripted-serve-svc", port: 8000 },
      },
    },
    {
      says: "a change nobody has looked at",
      update: { engine: { image: "registry.example/ray:2" } },
      want: { phase: "Deploying", reason: "PreviousVersionServing", replicas: both },
    },
    {
      says: "a second cluster in the making",
      status: (observedGeneration) => ({
        observedGeneration,
        pendingServiceStatus: side("scripted-2", "DEPLOYING", "loading weights"),
      }),
      want: { phase: "Deploying", reason: "PreviousVersionServing", replicas: both },
    },
    {
      says: "a second cluster that fails",
      status: () => ({ pendingServiceStatus: side("scripted-2", "DEPLOY_FAILED", "no such model") }),
      want: {
        phase: "Failed",
        reason: "UpdateFailed",
        message: "LLMServer:m: no such model",
        replicas: both,
      },
    },
    {
      says: "recovery",
      status: () => ({ pendingServiceStatus: null, activeServiceStatus: side("scripted-2", "RUNNING", "") }),
      want: { phase: "Running", reason: "DeploymentReady" },
    },
    {
      says: "an operator that is gone",
      update: { engine: { contextLength: 8192 } },
      minutes: 6,
      want: { phase: "Deploying", reason: "OperatorNotResponding" },
    },
  ],
};

const workspace = (state: string, generation: number, reason: string, message: string): object => ({
  state,
  conditions: [
    {
      ...condition("WorkspaceSucceeded", state === "Ready" ? "True" : "False", reason, message),
      observedGeneration: generation,
    },
  ],
});

const kaito: OperatorScript = {
  provider: "kaito",
  spec: { model: { id: "phi-4-mini-instruct" }, serving: { replicas: 2, resources: { gpu: { count: 1 } } } },
  turns: [
    { says: "nobody looks", want: { phase: "Pending", reason: "DeploymentInProgress" } },
    {
      says: "a slow start",
      status: (generation) => workspace("NotReady", generation, "workspacePending", "no nodes yet"),
      want: { phase: "Deploying", reason: "DeploymentInProgress", message: "no nodes yet" },
    },
    {
      says: "failure",
      status: (generation) => workspace("Failed", generation, "workspaceFailed", "no such preset"),
      want: { phase: "Failed", reason: "DeploymentFailed", message: "no such preset" },
    },
    {
      says: "recovery",
      status: (generation) => workspace("Ready", generation, "workspaceSucceeded", ""),
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        replicas: both,
        endpoint: { service: "scripted", port: 80 },
      },
    },
    {
      says: "a change nobody has looked at",
      update: { engine: { contextLength: 4096 } },
      want: { phase: "Deploying", reason: "PreviousVersionServing", replicas: both },
    },
    {
      says: "a rollout",
      status: (generation) => workspace("NotReady", generation, "workspacePending", "pods are replaced"),
      want: { phase: "Deploying", reason: "DeploymentInProgress", message: "pods are replaced" },
    },
    {
      says: "its end",
      status: (generation) => workspace("Ready", generation, "workspaceSucceeded", ""),
      want: { phase: "Running", reason: "DeploymentReady", replicas: both },
    },
    {
      says: "a replacement, of which nobody has heard",
      update: { model: { id: "phi-3-mini-4k-instruct" } },
      isReplaced: true,
      want: { phase: "Pending", reason: "DeploymentInProgress" },
    },
    {
      says: "that it succeeds",
      status: (generation) => workspace("Ready", generation, "workspaceSucceeded", ""),
      want: { phase: "Running", reason: "DeploymentReady" },
    },
    {
      says: "an operator that is gone",
      update: { engine: { contextLength: 8192 } },
      minutes: 6,
      want: { phase: "Deploying", reason: "OperatorNotResponding" },
    },
  ],
};

/** Every script. */
export const operatorScripts: readonly OperatorScript[] = [dynamo, kaito, kuberay];
