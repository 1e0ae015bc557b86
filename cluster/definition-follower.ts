/**
 * Tells when CustomResourceDefinitions of given names come, change or go. Only their metadata is followed: what is served
 * then is for discovery to say, and that is a moment behind the definition.
 */
import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ResourceRef } from "./client.ts";
import type { FollowOptions, ReflectorSink } from "./reflector.ts";
import { reflect } from "./reflector.ts";

export interface DefinitionFollowerOptions extends FollowOptions {
  /** Names of definitions: plural and group, joined by a dot. */
  readonly names: readonly string[];
  /** Something about the definition may have changed; told more than once after each change. Must not throw. */
  readonly onChange: (name: string) => void;
}

/** When discovery is looked at after a change, since nobody tells when it has caught up. */
const laterMs = [250, 1_000, 4_000, 15_000];

const definitions: ResourceRef = {
  group: "apiextensions.k8s.io",
  version: "v1",
  resource: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** Follows until the signal aborts, or until the server says that it has no definitions: then none can change. */
export function followDefinitions(options: DefinitionFollowerOptions): void {
  const { names, signal, onError } = options;
  for (const name of names) {
    const end = new AbortController();
    void reflect({
      ...options,
      signal: AbortSignal.any([signal, end.signal]),
      resource: definitions,
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      sink: new ChangeSink(() => {
        tellRepeatedly(options, name);
      }),
      onError: (error) => {
        if (isApiError(error) && error.code === 404) end.abort();
        else onError(error);
      },
    });
  }
}

/** Each change starts a series of its own; questions that come twice are cheap, one that is missed is not. */
function tellRepeatedly({ clock, signal, onChange }: DefinitionFollowerOptions, name: string): void {
  onChange(name);
  for (const ms of laterMs) {
    clock.setTimeout(() => {
      if (!signal.aborted) onChange(name);
    }, ms);
  }
}

/** What there is at the beginning is no change. */
class ChangeSink implements ReflectorSink<string | undefined> {
  readonly #onChange: () => void;
  #revision: string | undefined;
  #hasBegun = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  receive(object: KubeObject): string | undefined {
    return object.metadata.resourceVersion;
  }

  replace([revision]: readonly (string | undefined)[]): void {
    this.#see(revision);
    this.#hasBegun = true;
  }

  changed(object: KubeObject): void {
    this.#see(object.metadata.resourceVersion);
  }

  deleted(): void {
    this.#see(undefined);
  }

  #see(revision: string | undefined): void {
    const isNews = this.#hasBegun && revision !== this.#revision;
    this.#revision = revision;
    if (isNews) this.#onChange();
  }
}
