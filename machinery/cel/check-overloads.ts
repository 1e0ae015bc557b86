import type { Checked } from "./checked.ts";
import { checkedAs, sizeOfType, unbounded } from "./checked.ts";
import type { Overload } from "./overload.ts";
import type { CelType } from "./type.ts";
import { assignable, celTypes, printType, substitute } from "./type.ts";

/** The common result of the overloads that fit; dyn when they differ. */
export function matchOverloads(
  candidates: readonly Overload[],
  args: readonly Checked[],
): Checked | undefined {
  let result: CelType | undefined;
  let cost = 0;
  const sizes = args.map((arg) => arg.size);
  for (const candidate of candidates) {
    const bound = new Map<string, CelType>();
    if (!candidate.params.every((param, i) => assignable(param, args[i]?.type ?? celTypes.dyn, bound)))
      continue;
    const type = substitute(candidate.result, bound);
    result = result === undefined || printType(result) === printType(type) ? type : celTypes.dyn;
    cost = Math.max(cost, Math.max(1, candidate.cost(sizes)));
    // With known arguments the first match is the only one that can run.
    if (args.every((arg) => arg.type.kind !== "dyn")) break;
  }
  if (result === undefined) return undefined;
  const total = args.reduce((sum, arg) => sum + arg.cost, 0) + cost;
  // What a function makes of its arguments is at most as large as they are together; replace and format may exceed it a
  // little, which the run-time budget covers.
  const known = sizes.reduce((sum, size) => sum + size, 0);
  return checkedAs(
    result,
    total,
    result.maxElements ?? (known < unbounded ? Math.max(1, known) : sizeOfType(result)),
  );
}
