/** What people type, and what kubectl prints of it: one after the other in one namespace, which `NS` stands for. */
export interface KubectlCommand {
  /** Split at spaces, but for what is between single quotes. */
  readonly command: string;
  readonly input?: object;
}

const deployment = (name: string, spec: object = {}, version = "v1alpha2"): object => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "ModelDeployment",
  metadata: { name, labels: { team: "red" } },
  spec: { model: { id: "a/b" }, provider: { name: "vllm" }, ...spec },
});

const stack = (name: string, spec: object = {}): object => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name },
  spec: { distribution: { name: "starter" }, ...spec },
});

export const kubectlCommands: readonly KubectlCommand[] = [
  { command: "api-resources --api-group=hawsepipe.dev -o wide" },
  { command: "explain modeldeployments" },
  { command: "explain mdep.spec --recursive" },
  { command: "explain modeldeployments.spec.engine.type" },
  { command: "explain modeldeployments.status.conditions" },
  { command: "explain modeldeployments.spec.scaling --api-version=hawsepipe.dev/v1alpha1" },
  { command: "explain modeldeployments.spec.serving.none" },
  { command: "explain infp.spec.policy --recursive" },
  { command: "get mdep -n NS" },
  { command: "apply -n NS -f -", input: deployment("a") },
  { command: "apply -n NS -f -", input: deployment("a", { serving: { replicas: 2 } }) },
  { command: "apply -n NS -f -", input: deployment("a", { serving: { replicas: 2 } }) },
  { command: "diff -n NS -f -", input: deployment("a", { serving: { replicas: 2 } }) },
  { command: "apply --server-side -n NS -f -", input: deployment("a", { serving: { replicas: 3 } }) },
  {
    command: "apply --server-side --field-manager=other -n NS -f -",
    input: deployment("a", { serving: { replicas: 4 } }),
  },
  { command: "create -n NS -f -", input: deployment("old", { scaling: { replicas: 1 } }, "v1alpha1") },
  { command: "create -n NS -f -", input: deployment("a") },
  { command: "create -n NS -f -", input: deployment("b", { colour: "red" }) },
  { command: "create -n NS --validate=warn -f -", input: deployment("warned", { colour: "red" }) },
  { command: "create -n NS -f -", input: deployment("b", { engine: { type: "gguf" } }) },
  { command: "create -n NS -f -", input: deployment("b", { serving: { replicas: 99 } }) },
  { command: "create -n NS -f -", input: deployment("b", { provider: { name: "none" } }) },
  {
    command: "create --dry-run=server -n NS -o jsonpath={.spec} -f -",
    input: deployment("dry", { serving: { resources: { memory: "8Gi" } } }),
  },
  {
    command: `patch mdep a -n NS --subresource=status --type=merge -p '{"status":{"phase":"Running","message":"fine","replicas":{"desired":3,"ready":1}}}'`,
  },
  { command: "get mdep -n NS -o wide" },
  { command: "get mdep -n NS --show-labels --sort-by=.metadata.name" },
  { command: "get modeldeployments.v1alpha1.hawsepipe.dev -n NS -o wide" },
  { command: "get all -n NS" },
  { command: "get hawsepipe -n NS" },
  { command: "get mdep -n NS -l team=red --field-selector=status.phase=Running" },
  { command: "get mdep/a -n NS -o name" },
  { command: "get mdep none -n NS" },
  { command: "get infp -o wide" },
  { command: "describe mdep a -n NS" },
  { command: "scale mdep a -n NS --replicas=5" },
  { command: "scale mdep a -n NS --replicas=99" },
  { command: "label mdep a -n NS team=blue" },
  { command: "label mdep a -n NS team=blue --overwrite" },
  { command: "annotate mdep a -n NS note=1" },
  { command: `patch mdep a -n NS --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'` },
  { command: "replace -n NS -f -", input: deployment("a", { serving: { replicas: 1 } }) },
  { command: "wait mdep/a -n NS --for=jsonpath={.status.phase}=Running --timeout=5s" },
  { command: "delete mdep a -n NS" },
  { command: "delete mdep a -n NS" },
  { command: "delete mdep --all -n NS" },
  { command: "explain llsd.spec --recursive" },
  { command: "explain llsd.spec.server --api-version=hawsepipe.dev/v1alpha1" },
  { command: "apply -n NS -f -", input: stack("a") },
  { command: "apply -n NS -f -", input: stack("a", { workload: { replicas: 2 } }) },
  { command: "apply -n NS -f -", input: stack("a", { workload: { replicas: 2 } }) },
  { command: "apply --server-side -n NS -f -", input: stack("b", { disabled: ["eval"] }) },
  { command: "apply -n NS -f -", input: stack("c", { disabled: ["inference"] }) },
  { command: "get llsd -n NS" },
  { command: "get llsd -n NS -o wide" },
  { command: "get llamastackdistributions.v1alpha1.hawsepipe.dev -n NS" },
  { command: "describe llsd a -n NS" },
  { command: "scale llsd a -n NS --replicas=5" },
  { command: "delete llsd --all -n NS" },
];
