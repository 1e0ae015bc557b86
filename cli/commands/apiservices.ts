import path from "node:path";
import type { JsonObject } from "../../machinery/json/value.ts";
import { encodeYaml } from "../../machinery/yaml/encode.ts";
import type { ServedVersion } from "../aggregated/own-definitions.ts";
import { reservedGroups, servedVersions } from "../aggregated/own-definitions.ts";
import type { Command } from "../command.ts";
import { customDefinitions } from "../custom-kinds.ts";
import { parseFlags, UsageError } from "../flags.ts";

const flags = {
  crds: {
    type: "string",
    value: "DIR",
    multiple: true,
    help: "A folder of CustomResourceDefinitions the server is started with; may be given several times",
  },
  namespace: {
    type: "string",
    short: "n",
    value: "NAME",
    default: "hawsepipe-system",
    help: "Hawsepipe's own namespace",
  },
  "service-name": {
    type: "string",
    value: "NAME",
    default: "hawsepipe",
    help: "The Service in front of the replicas",
  },
} as const;

export const apiServicesCommand: Command = {
  name: "apiservices",
  summary: "Print what registers the kinds of --crds with a cluster",
  usage: "apiservices --crds DIR… [-n NAMESPACE] [--service-name NAME]",
  description: [
    "An APIService for each version that is served, with the priorities kube-apiserver gives to those of CRDs, and the",
    "right to write the CA into them. Apply it beside manifests/aggregated, to a server started with the same --crds.",
    "The cluster must not have the CustomResourceDefinitions themselves.",
    "",
    "Example:",
    "  hawsepipe apiservices --crds ./widgets | kubectl apply -f -",
  ].join("\n"),
  flags,
  run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    if (positionals.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
    if (values.crds.length === 0) throw new UsageError("--crds names no folder");
    const directories = values.crds.map((directory) => path.resolve(io.cwd, directory));
    const versions = servedVersions(customDefinitions(directories, reservedGroups));
    if (versions.length === 0) throw new UsageError("there is no CustomResourceDefinition in the input");
    const { namespace, "service-name": name } = values;
    const objects = [
      ...versions.map((version) => apiService(version, { name, namespace, port: 443 })),
      ...caRights(versions, namespace),
    ];
    io.out(objects.map((object) => encodeYaml(object)).join("---\n"));
    return Promise.resolve(0);
  },
};

const nameOf = ({ group, version }: ServedVersion): string => `${version}.${group}`;

function apiService(served: ServedVersion, service: JsonObject): JsonObject {
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: nameOf(served) },
    // Versions of equal priority are in Kubernetes' order of versions.
    spec: { ...served, groupPriorityMinimum: 1000, versionPriority: 100, service },
  };
}

function caRights(versions: readonly ServedVersion[], namespace: string): readonly JsonObject[] {
  const name = "hawsepipe-apiservices";
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        {
          apiGroups: ["apiregistration.k8s.io"],
          resources: ["apiservices"],
          resourceNames: versions.map(nameOf),
          verbs: ["get", "patch"],
        },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: "hawsepipe", namespace }],
    },
  ];
}
