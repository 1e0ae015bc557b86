import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Findings } from "../../findings.ts";
import type { RenderFacts } from "./facts.ts";
import { derivedName, owned } from "./names.ts";
import { serviceName } from "./service.ts";

/** Whether the server is exposed: to say anything about it is to ask for it, but for an explicit no. */
export const isExposed = ({ spec }: LlamaStackDistribution): boolean =>
  spec.networking?.expose !== undefined && spec.networking.expose.enabled !== false;

/** The Ingress that leads to the server, when it is exposed. */
export function ingress(
  distribution: LlamaStackDistribution,
  { exposeDomain }: RenderFacts,
  findings: Findings,
): KubeObject[] {
  if (!isExposed(distribution)) return [];
  const { expose, tls } = distribution.spec.networking ?? {};
  const { name = "", namespace = "" } = distribution.metadata;
  const host =
    expose?.hostname ?? (exposeDomain === undefined ? undefined : `${name}-${namespace}.${exposeDomain}`);
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
