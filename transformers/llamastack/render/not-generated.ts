import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Findings } from "../../findings.ts";
import { givenExternals } from "../config/external.ts";
import { tlsDirectory } from "../config/server.ts";
import type { ConfigSource } from "../source.ts";

/** What a spec says that only a generated configuration would pass on to the server, where there is none. */
export function notGenerated(
  { spec }: LlamaStackDistribution,
  source: Exclude<ConfigSource, "Generated">,
  findings: Findings,
): void {
  const whose =
    source === "Override"
      ? "the configuration of spec.overrideConfig is"
      : "the image's own configuration is";
  if (spec.workload?.workers !== undefined) {
    findings.unsupportedField(
      "spec.workload.workers",
      `${whose} used as it is, and the server reads there how many it has (server.workers)`,
    );
  }
  if (source !== "Override") return;
  if (givenExternals(spec).length > 0) {
    findings.unsupportedField(
      "spec.externalProviders",
      `${whose} used as it is, and no code of a provider is installed beside it`,
    );
  }
  if (spec.networking?.tls?.enabled === true) {
    findings.warnings.push(
      "spec.networking.tls.enabled: the configuration of spec.overrideConfig has to name the certificate, as " +
        `server.tls_certfile ${tlsDirectory}/tls.crt and server.tls_keyfile ${tlsDirectory}/tls.key; probes and clients ` +
        "use HTTPS, and a server that does not answer it is restarted",
    );
  }
}
