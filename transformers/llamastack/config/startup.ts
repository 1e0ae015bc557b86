import type { Unpacked } from "./result.ts";
import { connectionParts } from "./storage.ts";

/**
 * What a container does before its server starts: some secrets are in a form the server has no field for, and only the
 * container may see them. A few lines of Python, which every server image has, work out the parts, put them into the
 * environment and become the server. What they cannot read, or not pass on, ends the container with a reason that the
 * pod's status shows and that quotes nothing.
 */

/** The command that unpacks and then runs what follows it; undefined when there is nothing to unpack. */
export function unpackCommand(unpack: readonly Unpacked[]): readonly string[] | undefined {
  return unpack.length === 0 ? undefined : ["python3", "-c", script(unpack)];
}

/** The variables that are there when the server starts. */
export const unpackedNames = (unpack: readonly Unpacked[]): readonly string[] =>
  unpack.flatMap((item) =>
    item.kind === "percent-encoded" ? [item.to] : connectionParts.map((part) => `${item.prefix}_${part}`),
  );

const script = (unpack: readonly Unpacked[]): string =>
  [
    "import os, ssl, sys, urllib.parse as u",
    "e = os.environ",
    // Every byte is encoded: what is left as it is could be read as a number, which the server takes for no text.
    'q = lambda text: "".join("%%%02X" % byte for byte in text.encode())',
    "def end(why):",
    // Where the kubelet has put the file; anywhere else, none is made.
    '    try: os.write(os.open("/dev/termination-log", os.O_WRONLY | os.O_TRUNC), why.encode())',
    "    except OSError: pass",
    "    sys.exit(why)",
    ...unpack.flatMap((item) => (item.kind === "percent-encoded" ? encodeLines(item) : splitLines(item))),
    "os.execvp(sys.argv[1], sys.argv[1:])",
    "",
  ].join("\n");

const encodeLines = ({ from, to }: Unpacked & { kind: "percent-encoded" }): string[] => [
  `e["${to}"] = q(e["${from}"])`,
];

/** User and password stay encoded, since the server makes a URL of the parts again. Values are never printed: a URL that cannot be read is named by its field. */
const splitLines = ({ from, prefix, path }: Unpacked & { kind: "connection-url" }): string[] => {
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
    // The rest of a name with these would be taken for parameters, or is none.
    '    ok = ok and not p.fragment and not set(parts["DB"]) & set("?#")',
    "    given = u.parse_qsl(p.query, keep_blank_values=True, strict_parsing=True) if p.query else []",
    "except ValueError:",
    "    ok = False",
    "if not ok:",
    `    end("${path}: Invalid value: the Secret holds no URL of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE")`,
    ...tlsLines(path),
    `e.update({"${prefix}_" + k: v for k, v in parts.items()})`,
  ];
};

/** From the weakest demand to the strongest. */
const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/**
 * The server has no field for TLS to the database, but its drivers read these variables. They count for every connection
 * of the process, so that they are only ever made stricter. A mode that verifies needs somebody to trust: whom the URL
 * or the variable names, or else SSL_CERT_FILE; the system's own only where the name of the host is verified, too.
 */
const tlsLines = (path: string): string[] => [
  `if len(dict(given)) < len(given) or set(dict(given)) - {"sslmode", "sslrootcert"}:`,
  `    end("${path}: Invalid value: of the URL's parameters only sslmode and sslrootcert can be passed on, each once")`,
  "given = dict(given)",
  `modes = ${JSON.stringify(sslModes)}`,
  'if given.get("sslmode", "prefer") not in modes:',
  `    end("${path}: Unsupported value: sslmode must be one of " + ", ".join(modes))`,
  "if given:",
  "    rank = lambda mode: modes.index(mode) if mode in modes else len(modes)",
  '    mode = max(given.get("sslmode", "prefer"), e.get("PGSSLMODE", "prefer"), key=rank)',
  '    root = given.get("sslrootcert") or e.get("PGSSLROOTCERT")',
  '    if mode.startswith("verify-") and root in (None, "", "system"):',
  '        root = e.get("SSL_CERT_FILE") or (mode == "verify-full" and ssl.get_default_verify_paths().cafile)',
  "        if not root:",
  `            end("${path}: Invalid value: sslmode " + mode + " needs authorities: set spec.networking.tls.caBundle, or sslrootcert")`,
  '    if root and e.get("PGSSLROOTCERT") not in (None, "", "system", root):',
  `        end("${path}: Invalid value: the server has one sslrootcert for all connections, and another is set")`,
  '    e["PGSSLMODE"] = mode',
  '    if root: e["PGSSLROOTCERT"] = root',
];
