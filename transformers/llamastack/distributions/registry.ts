import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Base } from "../config/base.ts";
import { readBase } from "../config/base.ts";
import { isFailure } from "../config/result.ts";
import { metaReferenceGpu, postgresDemo, remoteVllm } from "./others.ts";
import { starter } from "./starter.ts";

/**
 * The distributions that have a name: the image of each, the server release its base configuration is written for,
 * and that configuration. Image and configuration are one entry, so neither can exist without the other.
 */
export interface Distribution {
  readonly image: string;
  /** The server release the base configuration is written for. */
  readonly release: string;
  /**
   * Whether the image brings a configuration of the same name, with which it may be started as it is. Where it does not,
   * the base configuration is always mounted.
   */
  readonly isConfigInImage: boolean;
  readonly base: () => JsonObject;
}

const starterImage = "docker.io/llamastack/distribution-starter:0.6.0";

/** Every named distribution. */
export const distributions: Readonly<Record<string, Distribution>> = {
  "meta-reference-gpu": {
    image: "docker.io/llamastack/distribution-meta-reference-gpu:0.4.0",
    release: "0.4.0",
    isConfigInImage: true,
    base: metaReferenceGpu,
  },
  // No image of these two exists for a server that reads the present layout; the starter image holds what they need.
  "postgres-demo": { image: starterImage, release: "0.6.0", isConfigInImage: false, base: postgresDemo },
  "remote-vllm": { image: starterImage, release: "0.6.0", isConfigInImage: false, base: remoteVllm },
  starter: { image: starterImage, release: "0.6.0", isConfigInImage: true, base: starter },
};

/** The names in the order messages list them. */
export const distributionNames = (): readonly string[] => Object.keys(distributions).sort();

/** The distribution of a name; undefined for an unknown one. */
export const distributionOf = (name: string): Distribution | undefined =>
  Object.hasOwn(distributions, name) ? distributions[name] : undefined;

/** The embedded base configuration of a name. */
export function embeddedBase(name: string): Base | undefined {
  const distribution = distributionOf(name);
  if (distribution === undefined) return undefined;
  const base = readBase(distribution.base(), `distribution ${name}`);
  if (isFailure(base)) throw new Error(base.errors[0]?.detail ?? name);
  return base;
}
