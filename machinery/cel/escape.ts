/**
 * Property names as CEL identifiers, as Kubernetes escapes them: `a-b` is `a__dash__b`, `namespace` is `__namespace__`.
 */
const reserved: ReadonlySet<string> = new Set([
  "true",
  "false",
  "null",
  "in",
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
]);

const escapes: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The identifier of a property, or undefined for a name CEL cannot say. */
export function escapeName(name: string): string | undefined {
  if (name === "" || /^[0-9]/.test(name) || /[^a-zA-Z0-9_./-]/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll(/__|[-./]/g, (found) => escapes[found] ?? found);
}

/** The property an identifier stands for, or undefined when it is not a valid escape. */
export function unescapeName(name: string): string | undefined {
  if (!name.includes("__")) return name;
  if (name.startsWith("__") && name.endsWith("__") && reserved.has(name.slice(2, -2)))
    return name.slice(2, -2);
  const broken: string[] = [];
  const out = name.replaceAll(
    /__(?:(underscores|dot|dash|slash)__)?/g,
    (_found, word: string | undefined) => {
      if (word === undefined) broken.push(name);
      return word === "dot" ? "." : word === "dash" ? "-" : word === "slash" ? "/" : "__";
    },
  );
  return broken.length === 0 ? out : undefined;
}
