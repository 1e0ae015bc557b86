import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import { forbidden, invalid, required } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { compareUtf8 } from "../../machinery/json/encode.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { gpuCount } from "./resources.ts";
import { mountPathOf, volumeFor } from "./volumes.ts";

/** One vLLM server: what its place in the deployment decides. */
export interface VllmServer {
  /** The port it listens on inside the pod; the port of the Service is the user's choice. */
  readonly port: number;
  /** What each of its replicas gets. */
  readonly resources: ServingResources | undefined;
  /** How key-value caches travel between servers, as vLLM's own JSON. */
  readonly kvTransfer?: string;
}

const at = FieldPath.of("spec", "engine");

/** Flags vLLM also knows under a short name. */
const shortNames: Readonly<Record<string, string>> = {
  "-tp": "tensor-parallel-size",
  "-pp": "pipeline-parallel-size",
  "-dp": "data-parallel-size",
  "-q": "quantization",
};

/** vLLM reads `_` as `-`, and `--no-x` sets what `--x` sets. */
const canonical = (name: string): string => {
  const dashed = name.replaceAll("_", "-");
  return dashed.startsWith("no-") ? dashed.slice(3) : dashed;
};

/** The flag a command-line token sets, or undefined for values and positional tokens. */
function flagOf(token: string): string | undefined {
  const [head = ""] = token.split("=", 1);
  if (head.startsWith("--")) return canonical(head.slice(2));
  const short = Object.keys(shortNames).find(
    (name) => head === name || (/^\d+$/.test(head.slice(name.length)) && head.startsWith(name)),
  );
  return short === undefined ? undefined : shortNames[short];
}

/**
 * The command line: what the spec's fields say, then `engine.args` in the order of their names, then
 * `engine.extraArgs` as they are. A flag given in args or extraArgs takes the place of the field, which is reported.
 */
export function vllmArgs(deployment: ModelDeployment, server: VllmServer, findings: Findings): string[] {
  const { args = {}, extraArgs = [] } = deployment.spec.engine ?? {};
  const given = givenFlags(args, extraArgs, findings);
  const out = ["--host", "0.0.0.0", "--port", String(server.port)];
  for (const flag of derivedFlags(deployment, server, findings)) {
    const place = given.get(flag.name);
    if (place === undefined) out.push(...flag.tokens);
    else if (flag.path !== undefined) findings.unsupportedField(flag.path, `${place} takes its place`);
  }
  for (const name of Object.keys(args).sort(compareUtf8)) out.push(...tokensOf(name, args[name] ?? ""));
  return [...out, ...extraArgs];
}

/** A value that looks like a flag must stand in the same token. */
function tokensOf(name: string, value: string): string[] {
  if (value === "") return [`--${name}`];
  return value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** Every flag the user gives, with the path of the first place. */
function givenFlags(
  args: Readonly<Record<string, string>>,
  extraArgs: readonly string[],
  findings: Findings,
): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  const note = (flag: string, path: FieldPath, value: string, twiceIsFine: boolean): void => {
    if (flag === "host" || flag === "port") {
      findings.error(
        forbidden(
          path,
          `the ${flag} is set by Hawsepipe; use spec.networking.port for the port of the Service`,
        ),
      );
    }
    const first = given.get(flag);
    if (first === undefined) given.set(flag, path.toString());
    else if (!twiceIsFine) findings.error(invalid(path, value, `--${flag} is already set by ${first}`));
  };
  for (const name of Object.keys(args).sort(compareUtf8)) {
    note(canonical(name), at.child("args").key(name), args[name] ?? "", false);
  }
  const inArgs = new Set(given.keys());
  for (const [i, token] of extraArgs.entries()) {
    const flag = flagOf(token);
    if (flag !== undefined) note(flag, at.child("extraArgs").index(i), token, !inArgs.has(flag));
  }
  return given;
}

interface DerivedFlag {
  readonly name: string;
  readonly tokens: readonly string[];
  /** The field it comes from; absent when nobody set one. */
  readonly path?: string;
}

function derivedFlags(deployment: ModelDeployment, server: VllmServer, findings: Findings): DerivedFlag[] {
  const { model, engine } = deployment.spec;
  const flags: DerivedFlag[] = [];
  const add = (name: string, path: string, ...values: readonly string[]): void => {
    flags.push({ name: canonical(name), tokens: [`--${name}`, ...values], path });
  };
  const source = modelOf(deployment, findings);
  if (source !== undefined) add("model", "spec.model.id", source);
  if (isSet(model.servedName)) {
    if (model.source === "custom") {
      findings.unsupportedField("spec.model.servedName", "ignored for source custom");
    } else add("served-model-name", "spec.model.servedName", model.servedName ?? "");
  }
  if (engine?.contextLength !== undefined) {
    add("max-model-len", "spec.engine.contextLength", String(engine.contextLength));
  }
  if (engine?.trustRemoteCode === true) add("trust-remote-code", "spec.engine.trustRemoteCode");
  // False is what the engine does anyway, and older images know no flag to say so.
  if (engine?.enforceEager === true) add("enforce-eager", "spec.engine.enforceEager");
  if (engine?.enablePrefixCaching !== undefined) {
    const name = engine.enablePrefixCaching ? "enable-prefix-caching" : "no-enable-prefix-caching";
    add(name, "spec.engine.enablePrefixCaching");
  }
  const gpus = gpuCount(server.resources);
  if (gpus > 1)
    flags.push({ name: "tensor-parallel-size", tokens: ["--tensor-parallel-size", String(gpus)] });
  if (server.kvTransfer !== undefined) {
    flags.push({ name: "kv-transfer-config", tokens: ["--kv-transfer-config", server.kvTransfer] });
  }
  return flags;
}

/** What `--model` names: an id, or for source custom the mounted weights. */
function modelOf(deployment: ModelDeployment, findings: Findings): string | undefined {
  const { model, engine } = deployment.spec;
  if (isSet(model.id)) return model.id;
  const weights = volumeFor(deployment, "modelCache");
  if (weights !== undefined) return mountPathOf(weights);
  if (!isSet(engine?.image)) {
    findings.error(
      required(
        "spec.model.id",
        "name a model, mount its weights as a volume of purpose modelCache, or use an image that brings it",
      ),
    );
  }
  return undefined;
}
