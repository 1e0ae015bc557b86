import { parseFilter } from "./filter.ts";
import type { Step } from "./step.ts";
import { JsonPathError } from "./step.ts";

const MAX_LENGTH = 4096;

/** The steps of a path. Throws JsonPathError. */
export function parseJsonPath(text: string): Step[] {
  const path = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  if (path.length > MAX_LENGTH) throw new JsonPathError("path is too long");
  const steps: Step[] = [];
  let at = /^[$@]/.test(path) ? 1 : 0;
  if (path === "") throw new JsonPathError("path is empty");
  while (at < path.length) {
    const { step, end } = stepAt(path, at);
    if (step !== undefined) steps.push(step);
    at = end;
  }
  return steps;
}

interface Parsed {
  /** Absent for a lone dot, which stands for the value itself. */
  readonly step: Step | undefined;
  readonly end: number;
}

function stepAt(path: string, at: number): Parsed {
  if (path.startsWith("..", at)) {
    const { name, end } = nameAt(path, at + 2);
    if (name === "") throw new JsonPathError(`name expected after '..' in ${JSON.stringify(path)}`);
    return { step: { kind: "descend", name }, end };
  }
  if (path.charAt(at) === "[") return bracketAt(path, at);
  const start = path.charAt(at) === "." ? at + 1 : at;
  if (start === at && at > 0) {
    throw new JsonPathError(`unrecognized character in path: ${JSON.stringify(path.charAt(at))}`);
  }
  if (path.charAt(start) === "*") return { step: { kind: "wildcard" }, end: start + 1 };
  const { name, end } = nameAt(path, start);
  if (name === "" && end < path.length && path.charAt(end) !== "[") {
    throw new JsonPathError(`unrecognized character in path: ${JSON.stringify(path.charAt(end))}`);
  }
  if (name === "" && path.length > 1 && end === path.length) throw new JsonPathError("path ends with a dot");
  return { step: name === "" ? undefined : { kind: "field", name }, end };
}

/** A field name; a backslash makes the next character part of it. */
function nameAt(path: string, from: number): { name: string; end: number } {
  let name = "";
  let at = from;
  while (at < path.length) {
    const c = path.charAt(at);
    if (c === "\\" && at + 1 < path.length) {
      name += path.charAt(at + 1);
      at += 2;
      continue;
    }
    if (/[.[\]{}()\s'"]/.test(c)) break;
    name += c;
    at += 1;
  }
  return { name, end: at };
}

function bracketAt(path: string, at: number): Parsed {
  const end = closingBracket(path, at);
  const inner = path.slice(at + 1, end).trim();
  const filter = /^\?\((.*)\)$/s.exec(inner);
  if (filter !== null)
    return { step: { kind: "filter", filter: parseFilter(filter[1] ?? "", parseJsonPath) }, end: end + 1 };
  const branches = splitUnion(inner).map(parseBranch);
  const [only] = branches;
  if (only === undefined) throw new JsonPathError("empty brackets");
  return { step: branches.length === 1 ? only : { kind: "union", branches }, end: end + 1 };
}

function closingBracket(path: string, open: number): number {
  let depth = 0;
  let quote = "";
  for (let i = open; i < path.length; i++) {
    const c = path.charAt(i);
    if (c === "\\") i += 1;
    else if (quote !== "") quote = c === quote ? "" : quote;
    else if (c === "'" || c === '"') quote = c;
    else if (c === "[") depth += 1;
    else if (c === "]") {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  throw new JsonPathError("unterminated array");
}

function splitUnion(inner: string): string[] {
  const parts = inner.match(/(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,'"])+/gs) ?? [];
  if (parts.join(",").length !== inner.length) throw new JsonPathError(`invalid array index ${inner}`);
  return parts.map((part) => part.trim());
}

function parseBranch(text: string): Step {
  if (text === "*") return { kind: "wildcard" };
  const quoted = /^'((?:\\.|[^'\\])*)'$|^"((?:\\.|[^"\\])*)"$/s.exec(text);
  if (quoted !== null) {
    return { kind: "field", name: (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/gs, "$1") };
  }
  const range = /^(-?[0-9]+)?(?:(:)(-?[0-9]+)?(?::([0-9]+))?)?$/.exec(text);
  if (range === null || text === "") throw new JsonPathError(`invalid array index ${text}`);
  const [, from, colon, to, by] = range;
  if (by !== undefined && Number(by) === 0) throw new JsonPathError("step must be larger than 0");
  return {
    kind: "slice",
    from: Number(from ?? 0),
    ...(to === undefined ? {} : { to: Number(to) }),
    by: Number(by ?? 1),
    single: colon === undefined,
  };
}
