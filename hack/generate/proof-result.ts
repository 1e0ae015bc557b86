import type { Proof } from "../../test/conformance/replay/behaviours.ts";

/** Tests whose assertions are comparisons with a real kube-apiserver, as those of exchanges are. */
const comparisons = ["test/conformance/admission/", "test/conformance/expired/"];

/** What a behaviour's row says came of its proofs, when all of them pass. */
export function proofResult(
  by: readonly Proof[],
  tests: Readonly<Record<string, readonly string[]>>,
): string {
  const isCompared = Object.keys(tests).some((file) => comparisons.some((folder) => file.startsWith(folder)));
  if (by.length === 0 && !isCompared) return "tested";
  const decided = by.filter(({ isDecided }) => isDecided).length;
  return decided === 0 ? "same" : `same but for ${String(decided)} decided`;
}
