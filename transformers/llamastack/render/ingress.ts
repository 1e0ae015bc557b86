import { createHash } from "node:crypto";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Findings } from "../../findings.ts";
import type { RenderFacts } from "./facts.ts";
import { derivedName, owned } from "./names.ts";
import { serviceName } from "./service.ts";

/** Whether the server is exposed: to say anything about it is to ask for it, but for an explicit no. */
export const isExposed = ({ spec }: LlamaStackDistribution): boolean =>
  spec.networking?.expose !== undefined && spec.networking.expose.enabled !== false;

/**
 * A host below a domain, in one label so that a certificate for everything in the domain is one for it. A name that is
 * too long for a label is cut, and told apart by a hash.
 */
function generatedHost({ metadata }: LlamaStackDistribution, domain: string): string {
  const { name = "", namespace = "" } = metadata;
  const label = `${name}-${namespace}`;
  if (label.length <= maxLabel) return `${label}.${domain}`;
  const hash = createHash("sha256").update(`${namespace}/${name}`).digest("hex").slice(0, 8);
  return `${label.slice(0, maxLabel - hash.length - 1).replace(/-+$/, "")}-${hash}.${domain}`;
}

const maxLabel = 63;

/** The Ingress that leads to the server, when it is exposed. */
export function ingress(
  distribution: LlamaStackDistribution,
  { exposeDomain }: RenderFacts,
  findings: Findings,
): KubeObject[] {
  if (!isExposed(distribution)) return [];
  const { expose, tls } = distribution.spec.networking ?? {};
  const host =
    expose?.hostname ?? (exposeDomain === undefined ? undefined : generatedHost(distribution, exposeDomain));
  if (host === undefined) {
    findings.warnings.push(
      "spec.networking.expose.hostname: without one the Ingress takes every host, as those of other servers without one do",
    );
  }
  if (tls?.enabled === true) {
    findings.warnings.push(
      "spec.networking.expose: the server speaks TLS, and whether an Ingress can reach it then depends on its controller",
    );
  }
  const backend = { service: { name: serviceName(distribution), port: { name: "http" } } };
  return [
    owned(distribution, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      name: derivedName(distribution, "ingress"),
      spec: {
        ...(expose?.className === undefined ? {} : { ingressClassName: expose.className }),
        rules: [
          {
            ...(host === undefined ? {} : { host }),
            http: { paths: [{ path: "/", pathType: "Prefix", backend }] },
          },
        ],
      },
    }),
  ];
}
