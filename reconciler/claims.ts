import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { textAt } from "../transformers/observed.ts";

/** What condition StorageReady says, whoever has it. */
export interface ClaimsObservation {
  readonly type: "StorageReady";
  readonly status: "True" | "False";
  readonly reason: "PVCFailed" | "PVCMissing" | "PVCsBound" | "PVCsPending";
  readonly message: string;
}

/** What these claims say together, each by its name; undefined without claims. */
export function claimsObservation(
  claims: readonly (readonly [string, KubeObject | undefined])[],
): ClaimsObservation | undefined {
  const type = "StorageReady";
  if (claims.length === 0) return undefined;
  const states = claims.map(([name, claim]) => ({ name, phase: phaseOf(claim) }));
  const names = (phase: ClaimPhase): string =>
    states
      .filter((state) => state.phase === phase)
      .map(({ name }) => name)
      .join(", ");
  if (names("Lost") !== "") {
    const message = `the volume is gone behind PersistentVolumeClaim ${names("Lost")}`;
    return { type, status: "False", reason: "PVCFailed", message };
  }
  if (names("Missing") !== "") {
    const message = `there is no PersistentVolumeClaim ${names("Missing")}`;
    return { type, status: "False", reason: "PVCMissing", message };
  }
  if (names("Pending") !== "") {
    const message = `not bound yet: PersistentVolumeClaim ${names("Pending")}`;
    return { type, status: "False", reason: "PVCsPending", message };
  }
  return { type, status: "True", reason: "PVCsBound", message: `bound: ${names("Bound")}` };
}

/** Whether a claim exists and has its volume. */
export const isBound = (claim: KubeObject | undefined): boolean => phaseOf(claim) === "Bound";

type ClaimPhase = "Bound" | "Pending" | "Lost" | "Missing";

function phaseOf(claim: KubeObject | undefined): ClaimPhase {
  if (claim === undefined) return "Missing";
  const phase = textAt(asJson(claim), "status", "phase");
  return phase === "Bound" || phase === "Lost" ? phase : "Pending";
}
