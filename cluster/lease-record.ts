import type { KubeObject } from "../api/meta/types.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { getPath, isObject } from "../machinery/json/value.ts";

/** What a Lease says, as far as an election needs it. */
export interface LeaseRecord {
  /** Empty when nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  readonly acquireTime: string;
  readonly transitions: number;
}

export interface LeaseSettings {
  readonly identity: string;
  readonly durationMs: number;
  readonly now: Date;
}

/** Reads a Lease; what it does not say is empty or zero. */
export function readLease(lease: KubeObject): LeaseRecord {
  const spec = isObject(lease.spec) ? lease.spec : {};
  const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
  const count = (value: JsonValue | undefined): number => (typeof value === "number" ? value : 0);
  return {
    holder: text(getPath(spec, "holderIdentity")),
    durationMs: count(getPath(spec, "leaseDurationSeconds")) * 1000,
    acquireTime: text(getPath(spec, "acquireTime")),
    transitions: count(getPath(spec, "leaseTransitions")),
  };
}

/** The spec of a lease that changes hands. */
export function taken(before: LeaseRecord | undefined, settings: LeaseSettings): object {
  return specOf(settings, {
    acquireTime: microTime(settings.now),
    leaseTransitions: before === undefined ? 0 : before.transitions + 1,
  });
}

/** The spec of a lease that stays where it is. */
export function renewed(before: LeaseRecord, settings: LeaseSettings): object {
  return specOf(settings, { acquireTime: before.acquireTime, leaseTransitions: before.transitions });
}

/** The spec of a lease nobody holds. */
export function released(before: LeaseRecord, now: Date): object {
  const time = microTime(now);
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: before.transitions,
  };
}

/** A new Lease object. */
export function leaseOf(namespace: string, name: string, spec: object): KubeObject {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name }, spec };
}

function specOf({ identity, durationMs, now }: LeaseSettings, rest: object): object {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    renewTime: microTime(now),
    ...rest,
  };
}

/** RFC 3339 with microseconds, as Leases have it. */
const microTime = (time: Date): string => time.toISOString().replace("Z", "000Z");
