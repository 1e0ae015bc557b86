import type { KubeObject } from "../../../api/meta/types.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import type { FollowOptions } from "../../../cluster/reflector.ts";
import { reflect } from "../../../cluster/reflector.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { DistributionSettings } from "./settings.ts";
import { defaultSettings, readSettings } from "./settings.ts";

/** The name of the ConfigMap, in Hawsepipe's own namespace. */
export const settingsName = "hawsepipe-llamastack";

const configMaps: ResourceRef = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

export interface SettingsFollowerOptions extends FollowOptions {
  readonly namespace: string;
  /** Told after the settings have changed, and what of them has no effect. Must not throw. */
  readonly onChange: (problems: readonly string[]) => void;
}

/** The settings as they are now. */
export interface FollowedSettings {
  readonly current: DistributionSettings;
  /** Resolves when they have been read for the first time. */
  readonly synced: Promise<void>;
}

/** Follows the ConfigMap until the signal aborts; without one, the defaults hold. */
export function followSettings(options: SettingsFollowerOptions): FollowedSettings {
  let markSynced: () => void = () => undefined;
  const followed = {
    current: defaultSettings,
    synced: new Promise<void>((resolve) => {
      markSynced = resolve;
    }),
  };
  let said = "";
  const set = (object: KubeObject | undefined): void => {
    const data = object === undefined ? undefined : dataOf(object);
    // What else changes about the object is no news.
    const text = data === undefined ? "" : JSON.stringify(Object.entries(data).sort());
    if (text === said) return;
    said = text;
    const { settings, problems } = data === undefined ? none : readSettings(data);
    followed.current = settings;
    options.onChange(problems);
  };
  void reflect({
    ...options,
    resource: configMaps,
    fieldSelector: `metadata.name=${settingsName}`,
    sink: {
      receive: (object) => object,
      replace(objects) {
        set(objects[0]);
        markSynced();
      },
      changed: set,
      deleted() {
        set(undefined);
      },
    },
  });
  return followed;
}

const none = { settings: defaultSettings, problems: [] };

function dataOf(object: KubeObject): Record<string, string> {
  const data = getKey(object as unknown as JsonObject, "data");
  if (!isObject(data)) return {};
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
