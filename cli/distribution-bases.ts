/** Base configurations of LlamaStackDistributions, with the settings they follow, for one process. */
import type { BaseSources } from "../admission/llamastack/bases/base-sources.ts";
import { ImageBases } from "../admission/llamastack/bases/base-sources.ts";
import type { FollowedSettings } from "../admission/llamastack/bases/follow-settings.ts";
import { followSettings, settingsName } from "../admission/llamastack/bases/follow-settings.ts";
import { defaultSettings } from "../admission/llamastack/bases/settings.ts";
import type { Client } from "../cluster/client.ts";
import { registryClient } from "../cluster/registry/client.ts";
import { isRegistryError } from "../cluster/registry/error.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../server/http/logger.ts";
import type { RenderFacts } from "../transformers/llamastack/render/facts.ts";
import { programVersion } from "./commands/version.ts";

export interface DistributionBasesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Where the ConfigMap of the settings is. */
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly onError: (what: string, error: unknown) => void;
}

export interface DistributionBases extends BaseSources {
  /** Follows the settings; resolves when they have been read. */
  start(): Promise<void>;
  /** What renderers are told of the settings, as they are now. */
  facts(): RenderFacts;
  /** Told when what distributions stand for may have changed. Must not throw. */
  onChange(listener: () => void): void;
  /** Told when an image has been read that a distribution needs. Must not throw. */
  onRead(listener: (namespace: string, name: string) => void): void;
}

export function createDistributionBases(options: DistributionBasesOptions): DistributionBases {
  const { client, clock, logger, signal } = options;
  const listeners: (() => void)[] = [];
  const readers: ((namespace: string, name: string) => void)[] = [];
  let settings: FollowedSettings | undefined;
  const bases = new ImageBases({
    client,
    clock,
    openImage: registryClient({ clock, userAgent: `hawsepipe/${programVersion()}` }),
    settings: () => settings?.current ?? defaultSettings,
    signal,
    onRead(namespace, name) {
      for (const reader of readers) reader(namespace, name);
    },
    onFailure(image, error) {
      if (!isRegistryError(error)) options.onError(`image ${image}`, error);
      else logger.info({ image, failure: error.failure, detail: error.detail }, "image not read");
    },
  });
  return {
    known: (distribution) => bases.known(distribution),
    resolve: (distribution) => bases.resolve(distribution),
    facts() {
      const { exposeDomain } = settings?.current ?? defaultSettings;
      return exposeDomain === undefined ? {} : { exposeDomain };
    },
    onChange(listener) {
      listeners.push(listener);
    },
    onRead(reader) {
      readers.push(reader);
    },
    async start() {
      settings = followSettings({
        ...options,
        onChange(problems) {
          if (problems.length > 0) logger.warn({ what: settingsName, problems }, "settings without effect");
          for (const listener of listeners) listener();
        },
        onError: (error) => {
          options.onError(settingsName, error);
        },
      });
      await settings.synced;
    },
  };
}
