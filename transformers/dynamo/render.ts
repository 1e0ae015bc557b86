import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid, notSupported } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { Findings } from "../findings.ts";
import { commonLabels, objectMeta, operatorPodLabels, validateServiceName } from "../names.ts";
import { mergeOverrides } from "../overrides.ts";
import { scheduling, withHelperTemplate } from "../pod/template.ts";
import { modelStorage } from "../pod/storage.ts";
import { checkSharing } from "../pod/volumes.ts";
import type { ProviderFacts, Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";
import { validateComponentOverrides } from "./component-overrides.ts";
import { pickerComponent } from "./endpoint-picker.ts";
import type { DynamoEngine } from "./engine.ts";
import { dynamoEngines, engineImage, isDynamoEngine } from "./engine.ts";
import { frontendComponent, frontendResources } from "./frontend.ts";
import type { Component, Graph, GraphVersion } from "./graph.ts";
import { dynamoName, frontendPort } from "./graph.ts";
import { isMocked, mockerImage, mockerResources } from "./mocker.ts";
import { validateNames } from "./name-limits.ts";
import type { GraphOptions } from "./options.ts";
import { graphOptions } from "./options.ts";
import { v1alpha1 } from "./v1alpha1.ts";
import { v1beta1 } from "./v1beta1.ts";
import { workerComponent } from "./worker.ts";

const versions: Readonly<Record<string, GraphVersion>> = {
  "nvidia.com/v1beta1": v1beta1,
  "nvidia.com/v1alpha1": v1alpha1,
};

/** Claims of managed volumes, then the graph: workers, and in front of them a frontend or an endpoint picker. */
export function renderDynamo(deployment: ModelDeployment, { apiVersion }: ProviderFacts): Rendered {
  const findings = new Findings();
  const version = versions[apiVersion];
  if (version === undefined) throw new Error(`no graph is written in ${apiVersion}`);
  findings.error(...validateServiceName(deployment));
  const runtime = runtimeOf(deployment, findings);
  unsupportedEverywhere(deployment, findings, { gateway: true, nodes: true });
  const hasPicker = reportNetworking(deployment, findings);
  const options = graphOptions(deployment, { hasPicker }, findings);
  const labels = commonLabels(deployment, dynamoName);
  const graph: Graph = {
    framework: runtime,
    components: componentsOf(
      deployment,
      { engine: runtime, options, hasPicker, version, labels: operatorPodLabels(deployment, dynamoName) },
      findings,
    ),
  };
  validateNames(deployment, graph, findings);
  const resource: KubeObject = {
    apiVersion,
    kind: "DynamoGraphDeployment",
    metadata: objectMeta(deployment, deployment.metadata.name ?? "", labels),
    spec: version.specOf(graph),
  };
  validateComponentOverrides(options.raw, apiVersion, graph, findings);
  return findings.rendered([
    ...modelStorage(deployment, labels, { image: engineImage(deployment, runtime) }, findings),
    mergeOverrides(
      resource as unknown as JsonObject,
      options.raw,
      version.overrideMerge,
    ) as unknown as KubeObject,
  ]);
}

/** The runtime; refused engines count as vLLM, so that the rest is checked, too. */
function runtimeOf(deployment: ModelDeployment, findings: Findings): DynamoEngine {
  const { engine, serving } = deployment.spec;
  const type = engine?.type;
  if (!isDynamoEngine(type)) {
    findings.error(notSupported("spec.engine.type", type ?? "", dynamoEngines));
    return "vllm";
  }
  if (serving?.mode === "disaggregated" && type === "trtllm") {
    findings.error(notSupported("spec.serving.mode", "disaggregated", ["aggregated"]));
  }
  if (isMocked(deployment) && type !== "vllm") {
    findings.error(invalid("spec.engine.type", type, "only vllm has a stand-in"));
  }
  return type;
}

/** Whether the graph is reached through an endpoint picker. */
function reportNetworking(deployment: ModelDeployment, findings: Findings): boolean {
  const { port, gateway } = deployment.spec.networking ?? {};
  if (port !== undefined && port !== frontendPort) {
    findings.unsupportedField("spec.networking.port", `Dynamo's Service has port ${String(frontendPort)}`);
  }
  if (gateway?.enabled !== true) return false;
  if (!isMocked(deployment)) return true;
  findings.unsupportedField("spec.networking.gateway.enabled", "the stand-in for an engine has a frontend");
  return false;
}

interface Surroundings {
  readonly engine: DynamoEngine;
  readonly options: GraphOptions;
  readonly hasPicker: boolean;
  readonly version: GraphVersion;
  readonly labels: Record<string, string>;
}

function componentsOf(deployment: ModelDeployment, around: Surroundings, findings: Findings): Component[] {
  const { engine, options, hasPicker, version, labels } = around;
  const { serving } = deployment.spec;
  const mocked = isMocked(deployment);
  const isDisaggregated = serving?.mode === "disaggregated";
  const worker = (
    role: "worker" | "prefill" | "decode",
    part: { readonly replicas?: number; readonly resources?: ServingResources } | undefined,
  ): Component =>
    workerComponent(
      deployment,
      {
        ...{ engine, role, hasPicker, isMocked: mocked, labels },
        replicas: part?.replicas ?? 1,
        resources: part?.resources,
      },
      findings,
    );
  const workers = isDisaggregated
    ? [worker("prefill", serving.prefill), worker("decode", serving.decode)]
    : [worker("worker", serving)];
  checkSharing(
    deployment,
    workers.reduce((sum, { replicas, nodes = 1 }) => sum + replicas * nodes, 0),
    findings,
  );
  const pods = scheduling(deployment);
  if (hasPicker) {
    const answering = isDisaggregated || version === v1alpha1 ? ["decode"] : ["worker"];
    const { roleLabel } = version;
    const own = { labels, scheduling: pods, isDisaggregated, roleLabel, answering };
    const picker = pickerComponent(options.epp, own);
    return [{ ...picker, pod: withHelperTemplate(picker.pod, deployment) }, ...workers];
  }
  const frontend = frontendComponent(deployment, options, {
    image: mocked ? mockerImage : engineImage(deployment, engine),
    resources: mocked ? mockerResources : frontendResources,
    scheduling: pods,
    labels,
    isNeeded: workers.some(({ replicas }) => replicas > 0),
  });
  return [{ ...frontend, pod: withHelperTemplate(frontend.pod, deployment) }, ...workers];
}
