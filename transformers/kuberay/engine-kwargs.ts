/**
 * Settings of vLLM as Ray's LLM library takes them: by the name of the Python argument, with values of their own type.
 * Fields first; what `engine.args` and `engine.extraArgs` say takes their place, which is reported.
 */
import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import { forbidden, invalid } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { gpuCount } from "../pod/resources.ts";
import { vllmAliases } from "../pod/vllm-args.ts";

const at = FieldPath.of("spec", "engine");

const reserved: Readonly<Record<string, string>> = {
  host: "Ray Serve answers requests",
  port: "Ray Serve answers requests",
  model: "use spec.model.id",
  served_model_name: "use spec.model.servedName",
};

/** What the engines of one group are told. */
export function engineKwargs(
  { spec }: ModelDeployment,
  options: { readonly resources: ServingResources | undefined; readonly isDisaggregated: boolean },
  findings: Findings,
): JsonObject {
  const given = givenKwargs(spec.engine ?? {}, findings);
  const result: JsonObject = {};
  const derive = (name: string, value: JsonValue | undefined, path?: string): void => {
    if (value === undefined) return;
    const place = given.get(name);
    if (place === undefined) result[name] = value;
    else if (path !== undefined) findings.unsupportedField(path, `${place.path} takes its place`);
  };
  const { contextLength, trustRemoteCode, enablePrefixCaching, enforceEager } = spec.engine ?? {};
  derive("max_model_len", contextLength, "spec.engine.contextLength");
  derive("trust_remote_code", trustRemoteCode, "spec.engine.trustRemoteCode");
  derive("enable_prefix_caching", enablePrefixCaching, "spec.engine.enablePrefixCaching");
  derive("enforce_eager", enforceEager, "spec.engine.enforceEager");
  const gpus = gpuCount(options.resources);
  derive("tensor_parallel_size", gpus > 1 ? gpus : undefined);
  derive(
    "kv_transfer_config",
    options.isDisaggregated ? { kv_connector: "NixlConnector", kv_role: "kv_both" } : undefined,
  );
  for (const [name, { value }] of given) setKey(result, name, value);
  return result;
}

interface Given {
  readonly value: JsonValue;
  readonly path: string;
}

function givenKwargs(
  engine: NonNullable<ModelDeployment["spec"]["engine"]>,
  findings: Findings,
): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  const note = (flag: string, value: string | undefined, path: FieldPath): void => {
    const { name, isOff } = argumentOf(flag);
    const reason = Object.hasOwn(reserved, name) ? reserved[name] : undefined;
    if (reason !== undefined) findings.error(forbidden(path, reason));
    const first = given.get(name);
    if (first !== undefined) {
      findings.error(invalid(path, value ?? "", `${name} is already set by ${first.path}`));
      return;
    }
    given.set(name, {
      value: value === undefined || value === "" ? !isOff : valueOf(value),
      path: path.toString(),
    });
  };
  const args = engine.args ?? {};
  for (const name of Object.keys(args).sort(compareUtf8)) note(name, args[name], at.child("args").key(name));
  const tokens = engine.extraArgs ?? [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? "";
    const path = at.child("extraArgs").index(i);
    const [, flag, , value] = /^(--?[A-Za-z][\w-]*)(=(.*))?$/s.exec(token) ?? [];
    const name = flag === undefined ? undefined : flag.startsWith("--") ? flag.slice(2) : vllmAliases[flag];
    if (name === undefined) {
      findings.error(
        invalid(
          path,
          token,
          "Ray passes settings to the engine by name: write --name=value, or use spec.engine.args",
        ),
      );
      continue;
    }
    const next = tokens[i + 1];
    const takesNext = value === undefined && next !== undefined && !/^-(?![\d.])/.test(next);
    note(name, takesNext ? next : value, path);
    if (takesNext) i += 1;
  }
  return given;
}

/** `--no-x` says that x is off. */
function argumentOf(flag: string): { readonly name: string; readonly isOff: boolean } {
  const name = flag.replaceAll("-", "_");
  return name.startsWith("no_") ? { name: name.slice(3), isOff: true } : { name, isOff: false };
}

/** What JSON can read is no text: numbers, truth values, objects. */
function valueOf(text: string): JsonValue {
  try {
    return decodeJson(text).value;
  } catch {
    return text;
  }
}
