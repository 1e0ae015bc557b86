/**
 * Dynamo's stand-in for an engine: it answers like one and needs no accelerator. For tests of what stands around a model,
 * asked for by an annotation.
 */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { required } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { defaultGpuType } from "../pod/resources.ts";
import { dynamoImage } from "./graph.ts";

/** On a ModelDeployment, with the value `mocker`. */
export const testBackendAnnotation = "hawsepipe.dev/dynamo-test-backend";

/** The same in objects of the former system. */
export const formerAnnotation = "airunway.ai/dynamo-test-backend";

/** Whether the deployment asks for the stand-in. */
export const isMocked = ({ metadata }: ModelDeployment): boolean =>
  [testBackendAnnotation, formerAnnotation].some((key) => metadata.annotations?.[key] === "mocker");

/** The image that has the stand-in. */
export const mockerImage = dynamoImage("dynamo-planner");

/** What it needs. */
export const mockerResources: JsonObject = {
  limits: { cpu: "100m", memory: "256Mi" },
  requests: { cpu: "100m", memory: "256Mi" },
};

type MockedRole = "worker" | "prefill" | "decode";

const reason = "the stand-in for an engine has no use for it";

function reportResources({ serving }: ModelDeployment["spec"], role: MockedRole, findings: Findings): void {
  const { resources } = (role === "worker" ? serving : serving?.[role]) ?? {};
  const at = ["spec.serving", ...(role === "worker" ? [] : [role]), "resources"].join(".");
  const { count = 0, type } = resources?.gpu ?? {};
  findings.unsupportedFields(
    {
      [`${at}.gpu.count`]: count > 0 ? count : undefined,
      [`${at}.gpu.type`]: count > 0 && type !== defaultGpuType ? type : undefined,
      [`${at}.cpu`]: resources?.cpu,
      [`${at}.memory`]: resources?.memory,
    },
    "the stand-in for an engine takes little, and always the same",
  );
}

/** Its command line. */
export function mockerArgs({ spec }: ModelDeployment, role: MockedRole, findings: Findings): string[] {
  const { model, engine } = spec;
  const id = model.id ?? "";
  if (id === "" && role !== "decode") {
    findings.error(required("spec.model.id", "the stand-in reads the tokenizer of a model"));
  }
  reportResources(spec, role, findings);
  if (role !== "decode") {
    findings.unsupportedFields(
      {
        "spec.engine.image": engine?.image,
        "spec.engine.contextLength": engine?.contextLength,
        "spec.engine.trustRemoteCode": engine?.trustRemoteCode === true ? true : undefined,
        "spec.engine.enablePrefixCaching": engine?.enablePrefixCaching,
        "spec.engine.enforceEager": engine?.enforceEager,
        "spec.engine.args": engine?.args,
        "spec.engine.extraArgs": engine?.extraArgs,
      },
      reason,
    );
  }
  return [
    ...["--model-path", id],
    ...["--model-name", isSet(model.servedName) ? (model.servedName ?? "") : id],
    ...["--speedup-ratio", "1000.0", "--num-gpu-blocks-override", "4096"],
    ...["--block-size", "16", "--max-num-seqs", "64"],
    ...(role === "worker" ? [] : ["--disaggregation-mode", role]),
  ];
}
