import type { ApiError, StatusCause } from "../api/errors/api-error.ts";

const prefix = "failed to create typed patch object (";

/**
 * Whether an apply was refused because the object does not have the type of its kind. kube-apiserver answers that as
 * an internal failure without a reason, although it is about what was sent.
 */
export const isTypeRefusal = ({ code, reason, message }: ApiError): boolean =>
  code === 500 && reason === "" && message.startsWith(prefix);

/** A path as structured merge prints it, then what is wrong there; one line each when there are several. */
const problem = /^\s*((?:\.[^[:\s]+|\[(?:"(?:[^"\\]|\\.)*"|[^"\]])*\])+): (.+)$/;

/** What such a message complains about, as causes; paths start at the object and keep selectors such as `[name="a"]`. */
export function typeProblems(message: string): StatusCause[] {
  // The problems follow the object's name in parentheses; without one it is another server's wording of the same.
  const start = message.indexOf(": ");
  const lines = start < 0 ? [] : message.slice(start + 2).split("\n");
  return lines.flatMap((line): StatusCause[] => {
    const [, at = "", text = ""] = problem.exec(line) ?? [];
    if (at === "") return [];
    const field = at.replace(/^\./, "");
    if (text === "field not declared in schema") {
      return [{ reason: "FieldValueInvalid", message: "Invalid value: unknown field", field }];
    }
    // What it got is printed as Go prints it in memory, which says nothing to people.
    const [wanted = text] = text.split(", got ");
    return [{ reason: "FieldValueTypeInvalid", message: `Invalid value: ${wanted}`, field }];
  });
}
