import { createHash } from "node:crypto";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { configMapName } from "../config/generate.ts";
import type { Generated } from "../config/result.ts";
import { componentLabel, derivedName, owned } from "./names.ts";

/** The value of the component label of generated configurations; whoever prunes old ones selects by it. */
export const configComponent = "llama-stack-config";
/** On a generated ConfigMap and on the pods that use it: `sha256:` and the hash of config.yaml. */
export const configHashAnnotation = "hawsepipe.dev/config-hash";

/** The generated configuration. Its name follows from its content, and its content never changes. */
export function generatedConfigMap(distribution: LlamaStackDistribution, generated: Generated): KubeObject {
  return owned(distribution, {
    apiVersion: "v1",
    kind: "ConfigMap",
    name: configMapName(distribution.metadata.name ?? "", generated.hash),
    labels: { [componentLabel]: configComponent },
    annotations: { [configHashAnnotation]: `sha256:${generated.hash}` },
    immutable: true,
    data: { "config.yaml": generated.yaml },
  });
}

export const caBundleName = (distribution: LlamaStackDistribution): string =>
  derivedName(distribution, "ca-bundle");

/** The authorities the server trusts, gathered under one key. */
export function caBundleConfigMap(distribution: LlamaStackDistribution, pem: string): KubeObject {
  return owned(distribution, {
    apiVersion: "v1",
    kind: "ConfigMap",
    name: caBundleName(distribution),
    labels: { [componentLabel]: "ca-bundle" },
    data: { "ca-bundle.crt": pem },
  });
}

/** The hash by which pods notice that a text they mount is another one. */
export const textHash = (text: string): string =>
  `sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`;
