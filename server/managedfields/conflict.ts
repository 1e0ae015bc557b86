import type { ApiError } from "../../api/errors/api-error.ts";
import { conflictWith } from "../../api/errors/catalogue.ts";
import type { Conflict } from "../../machinery/smd/managers.ts";
import { printPath } from "../../machinery/smd/path-element.ts";
import { parseIdentity } from "./managed.ts";

/** The 409 of an apply that would change what others own: the paths in the message by manager, and as causes. */
export function applyConflict(conflicts: readonly Conflict[]): ApiError {
  return conflictWith(conflictMessage(conflicts), {
    causes: conflicts.map(({ manager, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${printManager(manager)}`,
      field: printPath(path),
    })),
  });
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [only] = conflicts;
  if (only !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${printManager(only.manager)}: ${printPath(only.path)}`;
  }
  const lines = conflicts.flatMap(({ manager, path }, index) => {
    const line = `- ${printPath(path)}`;
    return manager === conflicts[index - 1]?.manager
      ? [line]
      : [`conflicts with ${printManager(manager)}:`, line];
  });
  return `Apply failed with ${String(conflicts.length)} conflicts: ${lines.join("\n")}`;
}

/** `"m"`, `"m" with subresource "status"`, `"m" using apps/v1`. */
function printManager(key: string): string {
  const { manager, operation, apiVersion, subresource } = parseIdentity(key);
  const name = JSON.stringify(manager);
  const via = subresource === undefined ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${via} using ${apiVersion ?? ""}` : via;
}
