/** The webhook configurations of the cluster, followed and compiled once per change. */
import type { KubeObject } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { startInformer } from "../../../cluster/informer.ts";
import type { FollowOptions } from "../../../cluster/reflector.ts";
import { compareUtf8 } from "../../../machinery/json/encode.ts";
import type { Webhook } from "./webhook.ts";
import { readWebhooks } from "./webhook.ts";

/** All webhooks of one sort, in the order they are asked: by the name of their configuration, then as they stand in it. */
export interface WebhookSource {
  readonly hasSynced: boolean;
  readonly synced: Promise<void>;
  readonly webhooks: readonly Webhook[];
}

export interface WebhookConfigurations {
  readonly mutating: WebhookSource;
  readonly validating: WebhookSource;
}

const group = "admissionregistration.k8s.io";

/** Starts to follow both sorts; ends when the signal aborts. */
export function followWebhookConfigurations(options: FollowOptions): WebhookConfigurations {
  return {
    mutating: follow(options, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
    validating: follow(options, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
  };
}

function follow(options: FollowOptions, resource: string, kind: string): WebhookSource {
  const ref: ResourceRef = { group, version: "v1", resource, kind, namespaced: false };
  const informer = startInformer({ ...options, resource: ref });
  const compiled = new WeakMap<KubeObject, readonly Webhook[]>();
  let inOrder: readonly Webhook[] | undefined;
  const forget = (): void => {
    inOrder = undefined;
  };
  informer.onChange({ added: forget, updated: forget, deleted: forget });
  const webhooksOf = (configuration: KubeObject): readonly Webhook[] => {
    let webhooks = compiled.get(configuration);
    if (webhooks === undefined) {
      webhooks = readWebhooks(configuration);
      compiled.set(configuration, webhooks);
    }
    return webhooks;
  };
  return {
    synced: informer.synced,
    get hasSynced() {
      return informer.hasSynced;
    },
    get webhooks() {
      inOrder ??= [...informer.list()]
        .sort((a, b) => compareUtf8(a.metadata.name ?? "", b.metadata.name ?? ""))
        .flatMap(webhooksOf);
      return inOrder;
    },
  };
}
