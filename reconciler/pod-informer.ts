import { asJson } from "../api/meta/types.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { Informer } from "../cluster/informer.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Clock } from "../machinery/clock.ts";
import { equalJson, getPath } from "../machinery/json/value.ts";
import { deploymentLabel } from "../transformers/names.ts";
import { podTroubles } from "../transformers/pod/pod-trouble.ts";

export interface PodInformerOptions {
  readonly client: Client;
  readonly resource: ResourceRef;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** What the pods of a deployment say is wrong has changed. */
  readonly onChange: (namespace: string, deployment: string) => void;
  readonly onError: (what: string, error: unknown) => void;
}

/** Follows the pods of all deployments, with no more of each than what tells why it does not serve. */
export function startPodInformer(options: PodInformerOptions): Informer {
  const { client, resource, clock, random, signal, onChange, onError } = options;
  const informer = startInformer({
    client,
    resource,
    clock,
    random,
    signal,
    labelSelector: deploymentLabel,
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
      if (!equalJson(troubleOf(pod), troubleOf(old))) tell(pod);
    },
    deleted: (pod) => {
      if (hasTrouble(pod)) tell(pod);
    },
  });
  return informer;
}

const deploymentOf = ({ metadata }: KubeObject): string => metadata.labels?.[deploymentLabel] ?? "";

const troubleOf = (object: KubeObject) => ({
  ...podTroubles([{ apiVersion: "v1", kind: "Pod", name: object.metadata.name ?? "", object }]),
});

const hasTrouble = (pod: KubeObject): boolean => Object.keys(troubleOf(pod)).length > 0;

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
