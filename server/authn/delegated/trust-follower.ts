/**
 * Follows the cluster's word on whose certificates count, so that a rotated CA is obeyed without a restart. The values
 * are for the getters of the request header and the client certificate authenticator.
 */
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { reflect } from "../../../cluster/reflector.ts";
import type { FollowOptions } from "../../../cluster/reflector.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { equalJson, getKey } from "../../../machinery/json/value.ts";
import type { TrustConfig } from "./trust-config.ts";
import { noTrust, readTrust } from "./trust-config.ts";

export interface TrustFollower {
  /** As the map was last seen; nobody is trusted before it was. */
  readonly current: TrustConfig;
  /** Resolves when the map was read the first time, or found missing. */
  readonly synced: Promise<void>;
  onChange(listener: () => void): void;
}

const configMaps: ResourceRef = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
const mapName = "extension-apiserver-authentication";

/** Starts to follow; ends when the signal aborts. */
export function followTrust(options: FollowOptions): TrustFollower {
  const listeners: (() => void)[] = [];
  let current = noTrust;
  let seen: JsonValue | undefined;
  let markSynced = (): void => undefined;
  const synced = new Promise<void>((resolve) => {
    markSynced = resolve;
  });
  const take = (map: KubeObject | undefined): void => {
    const data = map === undefined ? undefined : getKey(asJson(map), "data");
    // The same content keeps the same pools, so that what was verified with them stays verified.
    if (!equalJson(data, seen)) {
      seen = data;
      const { config, errors } = readTrust(data);
      for (const error of errors) options.onError(new Error(`${mapName}: ${error}`));
      current = config;
      for (const listener of listeners) listener();
    }
    markSynced();
  };
  const isIt = (object: KubeObject): boolean => object.metadata.name === mapName;
  void reflect({
    ...options,
    resource: configMaps,
    namespace: "kube-system",
    fieldSelector: `metadata.name=${mapName}`,
    sink: {
      receive: (object) => object,
      replace: (objects) => {
        take(objects.find(isIt));
      },
      changed: (object) => {
        if (isIt(object)) take(object);
      },
      deleted: (object) => {
        if (isIt(object)) take(undefined);
      },
    },
  });
  return {
    get current() {
      return current;
    },
    synced,
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
