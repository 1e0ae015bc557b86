import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { Findings } from "../findings.ts";
import type { DerivedFlag, Dialect } from "./flags.ts";
import { flagTokens } from "./flags.ts";
import { servedNameFlag, weightsOf } from "./model.ts";
import { gpuCount } from "./resources.ts";

/** One vLLM server: what its place in the deployment decides. */
export interface VllmServer {
  /** The port it listens on inside the pod; the port of the Service is the user's choice. */
  readonly port: number;
  /** What each of its replicas gets. */
  readonly resources: ServingResources | undefined;
  /** How key-value caches travel between servers, as vLLM's own JSON. */
  readonly kvTransfer?: string;
}

/** Flags vLLM also knows under a short name. */
export const vllmAliases: Readonly<Record<string, string>> = {
  "-tp": "tensor-parallel-size",
  "-pp": "pipeline-parallel-size",
  "-dp": "data-parallel-size",
  "-q": "quantization",
};

const ofTheService = "is set by Hawsepipe; use spec.networking.port for the port of the Service";

const dialect: Dialect = {
  aliases: vllmAliases,
  reserved: { host: `the host ${ofTheService}`, port: `the port ${ofTheService}` },
};

/** The command line of a server. */
export function vllmArgs(deployment: ModelDeployment, server: VllmServer, findings: Findings): string[] {
  const derived = derivedFlags(deployment, server, findings);
  return [
    ...["--host", "0.0.0.0", "--port", String(server.port)],
    ...flagTokens(deployment, dialect, derived, findings),
  ];
}

function derivedFlags(deployment: ModelDeployment, server: VllmServer, findings: Findings): DerivedFlag[] {
  const { engine } = deployment.spec;
  const flags: DerivedFlag[] = [];
  const add = (name: string, path: string, ...values: readonly string[]): void => {
    flags.push({ name, tokens: [`--${name}`, ...values], path });
  };
  const source = weightsOf(deployment, findings);
  if (source !== undefined) add("model", "spec.model.id", source);
  const served = servedNameFlag(deployment, findings);
  if (served !== undefined) add("served-model-name", "spec.model.servedName", served);
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
