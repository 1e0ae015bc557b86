import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/** Plays a storage provisioner: every claim is bound to a volume of the size it asks for. There is no volume. */
export const simulatedClaims: SimulatedKind = {
  resource: {
    group: "",
    version: "v1",
    resource: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
    namespaced: true,
  },
  next(claim: KubeObject): SimulatedStatus | undefined {
    const object = claim as unknown as JsonValue;
    const storage = getPath(object, "spec", "resources", "requests", "storage") ?? "0";
    const isBound = getPath(object, "status", "phase") === "Bound";
    if (isBound && getPath(object, "status", "capacity", "storage") === storage) return undefined;
    const accessModes = getPath(object, "spec", "accessModes") ?? [];
    return { status: { phase: "Bound", accessModes, capacity: { storage } }, afterMs: 0 };
  },
};
