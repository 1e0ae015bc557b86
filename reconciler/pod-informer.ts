import { asJson } from "../api/meta/types.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { Informer } from "../cluster/informer.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Clock } from "../machinery/clock.ts";
import { getPath } from "../machinery/json/value.ts";
import { jobTrouble } from "../transformers/pod/pod-trouble.ts";

export interface PodInformerOptions {
  readonly client: Client;
  readonly resource: ResourceRef;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The label that the pods have. */
  readonly label: string;
  /** The label whose value is the name of their deployment. */
  readonly nameLabel: string;
  /** What the pods of a deployment say is wrong has changed. */
  readonly onChange: (namespace: string, deployment: string) => void;
  readonly onError: (what: string, error: unknown) => void;
}

/** Follows pods of all deployments, with no more of each than what tells why it does not do its work. */
export function startPodInformer(options: PodInformerOptions): Informer {
  const { client, resource, clock, random, signal, onChange, onError } = options;
  const deploymentOf = ({ metadata }: KubeObject): string => metadata.labels?.[options.nameLabel] ?? "";
  const informer = startInformer({
    client,
    resource,
    clock,
    random,
    signal,
    labelSelector: options.label,
    indexes: { deployment: (pod) => [`${pod.metadata.namespace ?? ""}/${deploymentOf(pod)}`] },
    transform: essence,
    onError: (error) => {
      onError("pods", error);
    },
  });
  const tell = (pod: KubeObject): void => {
    onChange(pod.metadata.namespace ?? "", deploymentOf(pod));
  };
  informer.onChange({
    added: (pod) => {
      if (hasTrouble(pod)) tell(pod);
    },
    updated: (pod, old) => {
      if (troubleOf(pod) !== troubleOf(old())) tell(pod);
    },
    deleted: (pod) => {
      if (hasTrouble(pod)) tell(pod);
    },
  });
  return informer;
}

const troubleOf = (object: KubeObject): string =>
  jobTrouble([{ apiVersion: "v1", kind: "Pod", name: object.metadata.name ?? "", object }]) ?? "";

const hasTrouble = (pod: KubeObject): boolean => troubleOf(pod) !== "";

function essence(pod: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels, deletionTimestamp } = pod.metadata;
  const meta = { name, namespace, uid, resourceVersion, labels, deletionTimestamp };
  const status = Object.fromEntries(
    ["conditions", "initContainerStatuses", "containerStatuses"].map((key) => [
      key,
      getPath(asJson(pod), "status", key) ?? [],
    ]),
  );
  const metadata = Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined));
  return { apiVersion: "v1", kind: "Pod", metadata, status };
}
