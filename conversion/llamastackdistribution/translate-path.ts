import { pathTranslator } from "../translate-path.ts";
import { table } from "./layout.ts";

/** A field path of one version of LlamaStackDistribution in the words of the other. */
export const translatePath = pathTranslator(table, [
  ["spec.replicas", "spec.workload.replicas"],
  ["spec.network.exposeRoute", "spec.networking.expose"],
  // v1alpha1 has one field for what is an object in v1alpha2.
  ["spec.network.exposeRoute", "spec.networking.expose.enabled"],
  ["spec.network.exposeRoute", "spec.networking.expose.hostname"],
  ["spec.network.exposeRoute", "spec.networking.expose.className"],
  ["spec.network", "spec.networking"],
  ["spec.server.tlsConfig", "spec.networking.tls"],
  ["spec.server.podOverrides", "spec.workload.overrides"],
]);
