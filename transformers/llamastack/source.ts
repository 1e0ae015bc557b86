import type { ConfigSpec } from "./config/input.ts";
import { externalSections, providerSections } from "../../api/llamastackdistribution/enumerations.ts";
import { distributionOf } from "./distributions/registry.ts";

/** Where the server's configuration comes from. */
export type ConfigSource =
  /** A ConfigMap of the user's, mounted as it is. */
  | "Override"
  /** Made from the spec and the base configuration of the distribution. */
  | "Generated"
  /** The image's own; nothing is mounted. */
  | "DistributionDefault";

/** Whether and how a configuration is made for a spec. Empty objects and lists say nothing. */
export function configSource(spec: ConfigSpec): ConfigSource {
  if (spec.overrideConfig !== undefined) return "Override";
  if (isDeclared(spec)) return "Generated";
  const { name, image } = spec.distribution;
  const named = image === undefined && name !== undefined ? distributionOf(name) : undefined;
  return named?.isConfigInImage === false ? "Generated" : "DistributionDefault";
}

/** Whether the spec says anything that only a generated configuration can honour. */
export function isDeclared(spec: ConfigSpec): boolean {
  const { models = [], tools = [], shields = [] } = spec.resources ?? {};
  return (
    providerSections.some((section) => (spec.providers?.[section] ?? []).length > 0) ||
    models.length + tools.length + shields.length > 0 ||
    spec.storage?.kv !== undefined ||
    spec.storage?.sql !== undefined ||
    (spec.disabled ?? []).length > 0 ||
    // The server finds its certificate in its configuration and nowhere else.
    spec.networking?.tls?.enabled === true ||
    externalSections.some((section) => (spec.externalProviders?.[section] ?? []).length > 0)
  );
}
