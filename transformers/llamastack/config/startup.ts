import type { Unpacked } from "./result.ts";
import { connectionParts } from "./storage.ts";

/**
 * What a container does before its server starts: some secrets are in a form the server has no field for, and only the
 * container may see them. A few lines of Python, which every server image has, work out the parts, put them into the
 * environment and become the server.
 */

/** The command that unpacks and then runs what follows it; undefined when there is nothing to unpack. */
export function unpackCommand(unpack: readonly Unpacked[]): readonly string[] | undefined {
  return unpack.length === 0 ? undefined : ["python3", "-c", script(unpack)];
}

const script = (unpack: readonly Unpacked[]): string =>
  [
    "import os, sys, urllib.parse as u",
    "e = os.environ",
    // Every byte is encoded: what is left as it is could be read as a number, which the server takes for no text.
    'q = lambda text: "".join("%%%02X" % byte for byte in text.encode())',
    ...unpack.flatMap((item) => (item.kind === "percent-encoded" ? encodeLines(item) : splitLines(item))),
    "os.execvp(sys.argv[1], sys.argv[1:])",
    "",
  ].join("\n");

const encodeLines = ({ from, to }: Unpacked & { kind: "percent-encoded" }): string[] => [
  `e["${to}"] = q(e["${from}"])`,
];

/** User and password stay encoded, since the server makes a URL of the parts again. Values are never printed: a URL that cannot be read is named by its variable. */
const splitLines = ({ from, prefix }: Unpacked & { kind: "connection-url" }): string[] => {
  const values: Record<(typeof connectionParts)[number], string> = {
    HOST: 'p.hostname or ""',
    PORT: "str(p.port or 5432)",
    DB: "u.unquote(p.path[1:])",
    USER: 'q(u.unquote(p.username or ""))',
    PASSWORD: 'q(u.unquote(p.password or ""))',
  };
  return [
    "try:",
    `    p = u.urlsplit(e["${from}"].strip())`,
    '    ok = p.scheme.split("+")[0] in ("postgres", "postgresql") and p.hostname and p.username and p.path[1:]',
    `    parts = {${connectionParts.map((part) => `"${part}": ${values[part]}`).join(", ")}}`,
    "except ValueError:",
    "    ok = False",
    "if not ok:",
    `    sys.exit("${from} is not a URL of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE")`,
    `e.update({"${prefix}_" + k: v for k, v in parts.items()})`,
  ];
};
