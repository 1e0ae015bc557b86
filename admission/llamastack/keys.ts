/**
 * Keys a distribution names must be in the Secrets and ConfigMaps that are there. Secrets are read for it only where the
 * policy says so; of what is read only the names of keys are looked at.
 */
import { isApiError } from "../../api/errors/api-error.ts";
import type { Client } from "../../cluster/client.ts";
import { hostFailure } from "../../cluster/host-failure.ts";
import { asJson } from "../../api/meta/types.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { referencedResources } from "../references.ts";
import type { StackKey, StackReference } from "./references.ts";

export interface KeyCheck {
  readonly references: readonly StackReference[];
  /** What the stored object refers to; nothing for a new one. */
  readonly known: readonly StackReference[];
  /** Where references that name no namespace lead. */
  readonly namespace: string;
  readonly readsSecrets: boolean;
}

/** A key that is not where it should be. */
export interface MissingKey extends StackKey {
  /** `Secret "tokens"` */
  readonly holder: string;
}

/** The keys that are missing, in the order of the references; those the stored object names already are not looked for. */
export async function missingKeys(
  client: Client,
  { references, known, namespace, readsSecrets }: KeyCheck,
): Promise<readonly MissingKey[]> {
  const old = new Set(
    known.flatMap((reference) => (reference.keys ?? []).map(({ key }) => idOf(reference, key))),
  );
  const holders = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const found = await Promise.all(
    references.map(async (reference): Promise<MissingKey[]> => {
      const wanted = (reference.keys ?? []).filter(({ key }) => !old.has(idOf(reference, key)));
      if (wanted.length === 0 || (reference.kind === "secrets" && !readsSecrets)) return [];
      const id = idOf(reference, "");
      const holder = holders.get(id) ?? keysOf(client, reference, reference.namespace ?? namespace);
      holders.set(id, holder);
      const keys = await holder;
      const { kind } = referencedResources[reference.kind];
      return wanted
        .filter(({ key }) => keys?.has(key) === false)
        .map((key) => ({ ...key, holder: `${kind} ${JSON.stringify(reference.name)}` }));
    }),
  );
  return found.flat();
}

const idOf = ({ kind, namespace = "", name }: StackReference, key: string): string =>
  `${kind}/${namespace}/${name}/${key}`;

/** The keys of an object; undefined when there is none, which the lookup of references says already. */
async function keysOf(
  client: Client,
  { kind, name }: StackReference,
  namespace: string,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const object = asJson(await client.get(referencedResources[kind], { namespace, name }));
    const maps = [getPath(object, "data"), getPath(object, "binaryData")];
    return new Set(maps.flatMap((map) => (isObject(map) ? Object.keys(map) : [])));
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    const { resource } = referencedResources[kind];
    throw hostFailure(`the lookup of ${resource} ${JSON.stringify(name)}`, error);
  }
}
