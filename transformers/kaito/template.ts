import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { forbidden, invalid, required } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { unusedDownload } from "../pod/download-job.ts";
import { environment } from "../pod/environment.ts";
import { containerResources } from "../pod/resources.ts";
import { podMetadata, scheduling, withPodTemplate } from "../pod/template.ts";
import { checkSharing, managedClaims, mountPathOf, podVolumes, volumeFor } from "../pod/volumes.ts";

/** The port KAITO's Service sends requests to. */
const containerPort = 5000;
const at = FieldPath.of("spec", "engine");

/** `inference` of a Workspace that runs llama.cpp from an image of the user's, and the claims it needs. */
export function templateInference(
  deployment: ModelDeployment,
  labels: Record<string, string>,
  findings: Findings,
): { inference: JsonObject; claims: readonly KubeObject[] } {
  const { engine, serving } = deployment.spec;
  if (!isSet(engine?.image)) {
    findings.error(required("spec.engine.image", "KAITO has no image of its own for llamacpp"));
  }
  const { volumes, volumeMounts } = podVolumes(deployment, {}, findings);
  checkSharing(deployment, serving?.replicas ?? 1, findings);
  unusedDownload(deployment, "the runner image downloads the model itself", findings);
  const amounts = containerResources(serving?.resources);
  const env = environment(deployment, cacheVariables(deployment), findings);
  const container: JsonObject = {
    name: engineContainer,
    image: engine?.image ?? "",
    args: llamaArgs(deployment, findings),
    ports: [{ name: "http", containerPort, protocol: "TCP" }],
    ...(env.length === 0 ? {} : { env }),
    ...(amounts === undefined ? {} : { resources: amounts }),
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
  const pod = {
    containers: [container],
    ...(volumes.length === 0 ? {} : { volumes }),
    ...scheduling(deployment),
  };
  return {
    inference: {
      template: {
        metadata: podMetadata(deployment, labels, findings),
        spec: withPodTemplate(pod, deployment, findings),
      },
    },
    claims: managedClaims(deployment, labels),
  };
}

function cacheVariables(deployment: ModelDeployment): Record<string, string> {
  const weights = volumeFor(deployment, "modelCache");
  if (weights === undefined || deployment.spec.model.source === "custom") return {};
  return { HF_HOME: mountPathOf(weights) };
}

/**
 * The command line of the AIKit runner images: where the model is, then flags of llama.cpp's server, in the order of
 * fields, args by name, extraArgs.
 */
function llamaArgs({ spec }: ModelDeployment, findings: Findings): string[] {
  const { ggufUrl, ...args } = spec.engine?.args ?? {};
  const out = [...modelArg(spec.model, ggufUrl, findings), `--address=:${String(containerPort)}`];
  for (const name of Object.keys(args).sort(compareUtf8)) {
    const value = args[name] ?? "";
    if (addressFlags.has(name)) findings.error(forbidden(at.child("args").key(name), addressReason));
    out.push(value === "" ? `--${name}` : `--${name}=${value}`);
  }
  for (const [i, token] of (spec.engine?.extraArgs ?? []).entries()) {
    const name = /^--?([^=]+)/.exec(token)?.[1];
    if (name !== undefined && addressFlags.has(name)) {
      findings.error(invalid(at.child("extraArgs").index(i), token, addressReason));
    }
    out.push(token);
  }
  reportEngineFields(spec, findings);
  return out;
}

const addressFlags = new Set(["address", "host", "port"]);
const addressReason = "the address is where KAITO's Service sends requests to";

/** Where the runner gets the model from; nothing when the image brings it. */
function modelArg(
  { source, id }: ModelDeployment["spec"]["model"],
  ggufUrl: string | undefined,
  findings: Findings,
): string[] {
  if (source === "custom") {
    findings.unsupportedFields(
      { "spec.model.id": id, "spec.engine.args[ggufUrl]": ggufUrl },
      "the image brings the model for source custom",
    );
    return [];
  }
  if (ggufUrl !== undefined && ggufUrl !== "") {
    findings.unsupportedFields({ "spec.model.id": id }, "spec.engine.args[ggufUrl] takes its place");
    return [ggufUrl];
  }
  return isSet(id) ? [`huggingface://${id ?? ""}`] : [];
}

function reportEngineFields({ model, engine }: ModelDeployment["spec"], findings: Findings): void {
  findings.unsupportedFields(
    {
      "spec.engine.contextLength": engine?.contextLength,
      "spec.engine.trustRemoteCode": engine?.trustRemoteCode === true ? true : undefined,
      "spec.engine.enablePrefixCaching": engine?.enablePrefixCaching,
      "spec.engine.enforceEager": engine?.enforceEager,
    },
    "the runner image decides; use its own flags or variables",
  );
  findings.unsupportedFields(
    { "spec.model.servedName": model.servedName },
    "the runner image names the model",
  );
}
