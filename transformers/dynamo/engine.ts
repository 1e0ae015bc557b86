/** The engines Dynamo runs: what starts them, and which of their flags the fields of a spec come to. */
import type { EngineType, ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import type { DerivedFlag, Dialect } from "../pod/flags.ts";
import { flagTokens } from "../pod/flags.ts";
import { servedNameFlag, weightsOf } from "../pod/model.ts";
import { vllmAliases } from "../pod/vllm-args.ts";
import { dynamoImage } from "./graph.ts";

/** The engines by the name of their API type. */
export type DynamoEngine = Extract<EngineType, "vllm" | "sglang" | "trtllm">;

interface Flavour {
  readonly image: string;
  readonly model: string;
  readonly contextLength: string;
  readonly trustRemoteCode?: string;
  readonly enforceEager?: string;
  readonly prefixCaching: (isOn: boolean) => readonly string[];
  readonly prefixCachingFlag: string;
  readonly aliases: Readonly<Record<string, string>>;
  /** What makes two workers hand over their cache; the second is the rest of a command line. */
  readonly transfer: Readonly<Record<string, string>>;
}

const flavours: Readonly<Record<DynamoEngine, Flavour>> = {
  vllm: {
    image: dynamoImage("vllm-runtime"),
    model: "model",
    contextLength: "max-model-len",
    trustRemoteCode: "trust-remote-code",
    enforceEager: "enforce-eager",
    prefixCaching: (isOn) => [isOn ? "--enable-prefix-caching" : "--no-enable-prefix-caching"],
    prefixCachingFlag: "enable-prefix-caching",
    aliases: vllmAliases,
    transfer: { "kv-transfer-config": '{"kv_connector":"NixlConnector","kv_role":"kv_both"}' },
  },
  sglang: {
    image: dynamoImage("sglang-runtime"),
    model: "model-path",
    contextLength: "context-length",
    trustRemoteCode: "trust-remote-code",
    // SGLang's word for running without graphs.
    enforceEager: "disable-cuda-graph",
    // On unless it is turned off.
    prefixCaching: (isOn) => (isOn ? [] : ["--disable-radix-cache"]),
    prefixCachingFlag: "disable-radix-cache",
    aliases: { tp: "tensor-parallel-size", "tp-size": "tensor-parallel-size", model: "model-path" },
    transfer: { "disaggregation-transfer-backend": "nixl" },
  },
  trtllm: {
    image: dynamoImage("tensorrtllm-runtime"),
    model: "model-path",
    contextLength: "max-seq-len",
    prefixCaching: (isOn) => [
      "--override-engine-args",
      JSON.stringify({ kv_cache_config: { enable_block_reuse: isOn } }),
    ],
    prefixCachingFlag: "override-engine-args",
    aliases: { model: "model-path" },
    transfer: {},
  },
};

/** Whether Dynamo has a runtime for the engine. */
export const isDynamoEngine = (engine: EngineType | undefined): engine is DynamoEngine =>
  engine !== undefined && Object.hasOwn(flavours, engine);

/** The engines there are runtimes for. */
export const dynamoEngines: readonly string[] = Object.keys(flavours);

/** The image of the runtime: the user's, else the one of the release. */
export const engineImage = ({ spec }: ModelDeployment, engine: DynamoEngine): string =>
  isSet(spec.engine?.image) ? (spec.engine?.image ?? "") : flavours[engine].image;

/** What a worker is told beside the spec. */
export interface WorkerRole {
  readonly mode: "worker" | "prefill" | "decode";
  /** Accelerators over all nodes of a replica. */
  readonly gpus: number;
}

/** The command line of a worker. */
export function engineArgs(
  deployment: ModelDeployment,
  engine: DynamoEngine,
  role: WorkerRole,
  findings: Findings,
): string[] {
  const flavour = flavours[engine];
  const dialect: Dialect = { aliases: flavour.aliases, reserved };
  return flagTokens(deployment, dialect, derivedFlags(deployment, flavour, role, findings), findings);
}

const byServingMode = "is set by spec.serving.mode";
const reserved = {
  host: "Dynamo's frontend answers requests, workers have no address of their own",
  port: "Dynamo's frontend answers requests, workers have no address of their own",
  "disaggregation-mode": byServingMode,
  "is-prefill-worker": byServingMode,
  "is-decode-worker": byServingMode,
};

function derivedFlags(
  deployment: ModelDeployment,
  flavour: Flavour,
  { mode, gpus }: WorkerRole,
  findings: Findings,
): DerivedFlag[] {
  const { engine } = deployment.spec;
  const flags: DerivedFlag[] = [];
  const add = (name: string, path: string | undefined, ...values: readonly string[]): void => {
    flags.push({ name, tokens: [`--${name}`, ...values], ...(path === undefined ? {} : { path }) });
  };
  const source = weightsOf(deployment, findings);
  if (source !== undefined) add(flavour.model, "spec.model.id", source);
  const served = servedNameFlag(deployment, findings);
  if (served !== undefined) add("served-model-name", "spec.model.servedName", served);
  if (engine?.contextLength !== undefined) {
    add(flavour.contextLength, "spec.engine.contextLength", String(engine.contextLength));
  }
  for (const field of ["trustRemoteCode", "enforceEager"] as const) {
    const name = flavour[field];
    const path = `spec.engine.${field}`;
    if (name === undefined) {
      findings.unsupportedFields(
        { [path]: engine?.[field] },
        "Dynamo's TensorRT-LLM worker has no flag for it",
      );
    } else if (engine?.[field] === true) add(name, path);
  }
  if (engine?.enablePrefixCaching !== undefined) {
    flags.push({
      name: flavour.prefixCachingFlag,
      tokens: flavour.prefixCaching(engine.enablePrefixCaching),
      path: "spec.engine.enablePrefixCaching",
    });
  }
  if (gpus > 1) add("tensor-parallel-size", undefined, String(gpus));
  if (mode !== "worker") {
    add("disaggregation-mode", undefined, mode);
    for (const [name, value] of Object.entries(flavour.transfer)) add(name, undefined, value);
  }
  return flags;
}
