import { roles } from "../cluster/roles.ts";
import { logLevels } from "../logger.ts";
import { crdsFlag, dataDirFlag } from "./common.ts";

/** What every server takes. */
const shared = {
  "bind-address": { type: "string", value: "ADDR", default: "127.0.0.1", help: "The address to listen on" },
  "secure-port": {
    type: "string",
    value: "PORT",
    default: "6443",
    format: "integer",
    maximum: 65_535,
    help: "The port to listen on; 0 takes any free one",
  },
  "log-level": {
    type: "string",
    value: "LEVEL",
    default: "info",
    oneOf: logLevels,
    help: `One of ${logLevels.join(", ")}`,
  },
  "log-file": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Write the log here instead of to standard error",
  },
  "llama-stack-missing-references": {
    type: "string",
    value: "POLICY",
    default: "Enforce",
    oneOf: ["Enforce", "Warn"],
    help: "Whether a LlamaStackDistribution that refers to a Secret or ConfigMap that does not exist is refused, or its author warned",
  },
  "llama-stack-read-secret-keys": {
    type: "string",
    value: "BOOL",
    default: "false",
    format: "boolean",
    help: "Whether admission reads the Secrets a LlamaStackDistribution refers to, to see if the keys it names are there",
  },
  ...crdsFlag,
} as const;

/** What a server that needs no cluster takes. */
export const standaloneFlags = {
  "kubeconfig-out": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Write a kubeconfig for an administrator to this file",
  },
  "no-controllers": {
    type: "boolean",
    help: "Only serve objects: nothing collects garbage, empties namespaces or simulates",
  },
  simulator: {
    type: "boolean",
    help: "Play the deployment controller and the KAITO operator, so that phases move without a cluster",
  },
  samples: {
    type: "string",
    value: "DIR",
    isPath: true,
    help: "Apply the manifests in this folder the first time, and say what became of them",
  },
} as const;

/** What a server that extends a cluster takes. */
export const clusterFlags = {
  kubeconfig: {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "How to reach the cluster; without it, that of the pod this runs in",
  },
  context: { type: "string", value: "NAME", help: "The context of the kubeconfig, if not its current one" },
  namespace: {
    type: "string",
    value: "NAME",
    help: "Hawsepipe's own namespace; that of the pod or of the context if not given",
  },
  roles: {
    type: "string",
    value: "ROLES",
    default: roles.join(","),
    oneOf: roles,
    isList: true,
    help: "What this process does: api answers behind the APIServices, webhook answers reviews, conversions and the guard, reconciler keeps what is rendered",
  },
  storage: {
    type: "string",
    value: "KIND",
    default: "records",
    oneOf: ["records", "embedded"],
    help: "Where the api role keeps objects: records in the cluster, or embedded in --data-dir, for a single replica with a volume",
  },
  "service-name": {
    type: "string",
    value: "NAME",
    default: "hawsepipe",
    help: "The Service in front of the replicas, for the name in the certificate",
  },
  "tls-cert-file": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Serve with this certificate, read again when it changes; without it the server makes its own",
  },
  "tls-private-key-file": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "The key of that certificate",
  },
  "tls-ca-file": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "The CA of that certificate; where given, it is written into APIServices, webhook configurations and CRDs",
  },
  "client-ca-file": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Take reviews only from callers with a client certificate of this CA",
  },
  "leader-elect": {
    type: "string",
    value: "BOOL",
    default: "true",
    format: "boolean",
    help: "Whether the reconciler role waits to be elected; false where there is a single replica",
  },
  "guard-operator": {
    type: "string",
    value: "GROUP=USER",
    multiple: true,
    help: "A user, or with a leading + a group, that is the operator of an API group: ray.io=+system:serviceaccounts:ray",
  },
  "guard-exempt": {
    type: "string",
    value: "USER",
    multiple: true,
    help: "A user, or with a leading + a group, that the guard never hinders",
  },
  "audit-log-path": {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Write an audit event per request to this file",
  },
  "shutdown-delay-duration": {
    type: "string",
    value: "SECONDS",
    default: "0",
    format: "seconds",
    help: "How long to serve on after being asked to stop, so that nobody new is sent here",
  },
} as const;

/** Every flag of `hawsepipe serve`; a configuration file has the same in camelCase, but for `config`. */
export const serveFlags = {
  config: {
    type: "string",
    value: "FILE",
    isPath: true,
    help: "Read what is not given here from this ServerConfiguration, see docs/reference/server-configuration.md",
  },
  standalone: { type: "boolean", help: "Serve by itself: embedded store, own certificates, no cluster" },
  ...dataDirFlag,
  ...shared,
  ...standaloneFlags,
  ...clusterFlags,
} as const;
