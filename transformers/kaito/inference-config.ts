import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";

/** The file KAITO reads from the ConfigMap a Workspace names in `inference.config`. */
export const configFile = "inference_config.yaml";

const at = FieldPath.of("spec", "engine");
/** KAITO turns every entry into a flag followed by its value. */
const bareFlag = "KAITO's inference configuration gives every flag a value";
/** What KAITO's own start script and Service rely on. */
const reserved = new Set(["host", "port", "model"]);

/** The text of the configuration file for a preset, or undefined when nothing needs one. */
export function inferenceConfig(deployment: ModelDeployment, findings: Findings): string | undefined {
  const { model, engine } = deployment.spec;
  const flags: JsonObject = {};
  const args = engine?.args ?? {};
  const given = new Set(Object.keys(args).map(canonical));
  const derive = (name: string, path: string, value: string | number | undefined): void => {
    if (value === undefined || value === "") return;
    if (given.has(name)) findings.unsupportedField(path, `spec.engine.args[${name}] takes its place`);
    else flags[name] = value;
  };
  if (model.source === "custom" && isSet(model.servedName)) {
    findings.unsupportedField("spec.model.servedName", "ignored for source custom");
  } else derive("served-model-name", "spec.model.servedName", model.servedName);
  derive("max-model-len", "spec.engine.contextLength", engine?.contextLength);
  for (const name of Object.keys(args).sort(compareUtf8)) {
    const path = at.child("args").key(name);
    const value = args[name] ?? "";
    if (reserved.has(canonical(name)))
      findings.error(invalid(path, value, `KAITO sets --${canonical(name)} itself`));
    else if (value === "") findings.unsupportedField(path.toString(), bareFlag);
    else if (/^-(?![\d.])/.test(value)) {
      findings.unsupportedField(
        path.toString(),
        `${bareFlag} as a token of its own, and this one would be taken for a flag`,
      );
    } else setKey(flags, name, value);
  }
  findings.unsupportedFields(
    {
      "spec.engine.trustRemoteCode": engine?.trustRemoteCode === true ? true : undefined,
      "spec.engine.enablePrefixCaching": engine?.enablePrefixCaching,
      "spec.engine.enforceEager": engine?.enforceEager,
      "spec.engine.extraArgs": engine?.extraArgs,
    },
    bareFlag,
  );
  return Object.keys(flags).length === 0 ? undefined : encodeYaml({ vllm: flags });
}

const canonical = (name: string): string => name.replaceAll("_", "-");
