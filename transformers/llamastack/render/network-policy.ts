import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Findings } from "../../findings.ts";
import type { RenderFacts } from "./facts.ts";
import { isExposed } from "./ingress.ts";
import { derivedName, owned, portOf, selectorLabels } from "./names.ts";

/** Who may call the server, when spec.networking.allowedFrom says it. */
export function networkPolicy(
  distribution: LlamaStackDistribution,
  facts: RenderFacts,
  findings: Findings,
): KubeObject[] {
  const { allowedFrom } = distribution.spec.networking ?? {};
  if (allowedFrom === undefined) return [];
  if (isExposed(distribution) && allowedFrom.namespaces?.includes("*") !== true) {
    findings.warnings.push(
      "spec.networking.allowedFrom: the namespace of the Ingress controller has to be among the namespaces, or the exposed server is not reached",
    );
  }
  return [
    owned(distribution, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      name: derivedName(distribution, "network-policy"),
      spec: {
        podSelector: { matchLabels: selectorLabels(distribution.metadata.name ?? "") },
        policyTypes: ["Ingress"],
        ingress: [
          { from: peers(allowedFrom, facts), ports: [{ port: portOf(distribution), protocol: "TCP" }] },
        ],
      },
    }),
  ];
}

function peers(
  {
    namespaces = [],
    labels = [],
  }: { readonly namespaces?: readonly string[]; readonly labels?: readonly string[] },
  { operatorNamespace }: RenderFacts,
): JsonObject[] {
  if (namespaces.includes("*")) return [{ namespaceSelector: {} }];
  const named = new Set([...(operatorNamespace === undefined ? [] : [operatorNamespace]), ...namespaces]);
  return [
    { podSelector: {} },
    ...[...named].map((name) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    })),
    ...labels.map((key) => ({
      namespaceSelector: { matchExpressions: [{ key, operator: "Exists" }] },
    })),
  ];
}
