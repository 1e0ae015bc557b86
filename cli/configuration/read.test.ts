import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serveFlags } from "../commands/serve-flags.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { readConfiguration } from "./read.ts";
import { configurableFlags, defaultOf, fieldOf } from "./schema.ts";

const directory = mkdtempSync(path.join(tmpdir(), "hawsepipe-config-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});
const head = "apiVersion: config.hawsepipe.dev/v1alpha1\nkind: ServerConfiguration\n";

function file(text: string): string {
  const name = path.join(directory, "server.yaml");
  writeFileSync(name, text);
  return name;
}

const settings = (text: string, ...args: string[]) =>
  parseFlags(serveFlags, args, readConfiguration(serveFlags, file(head + text)));

describe("a configuration file", () => {
  test("says in its own types what flags say in text", () => {
    const { values } = settings(
      "roles: [webhook, reconciler]\nsecurePort: 0\nleaderElect: false\nshutdownDelayDuration: 2.5\nguardExempt: [ann]\n",
    );
    const { roles, "leader-elect": elect, "guard-exempt": exempt } = values;
    expect([roles, elect, exempt]).toEqual(["webhook,reconciler", "false", ["ann"]]);
    expect([values["secure-port"], values["shutdown-delay-duration"]]).toEqual(["0", "2.5"]);
  });

  test("loses to flags, list by list", () => {
    const text = "logLevel: debug\nguardExempt: [ann, bob]\nstandalone: true\n";
    const { values } = settings(text, "--log-level=warn", "--guard-exempt=eve", "--standalone=false");
    expect([values["log-level"], values["guard-exempt"], values.standalone]).toEqual([
      "warn",
      ["eve"],
      false,
    ]);
  });

  test("names files from where it is", () => {
    const { values } = settings("kubeconfig: admin.kubeconfig\ncrds: [a, /b]\n");
    expect(values.kubeconfig).toBe(path.join(directory, "admin.kubeconfig"));
    expect(values.crds).toEqual([path.join(directory, "a"), "/b"]);
  });

  test("does so for every file and folder", () => {
    const named = Object.entries(serveFlags).filter(
      ([, flag]) => "value" in flag && /FILE|DIR/.test(flag.value),
    );
    expect(named.length).toBeGreaterThan(9);
    for (const [name, flag] of named) expect([name, "isPath" in flag]).toEqual([name, true]);
  });

  test("that says every default changes nothing", () => {
    const everything = configurableFlags(serveFlags).flatMap(([name, flag]) => {
      const value = defaultOf(flag);
      return value === undefined || flag.isPath === true
        ? []
        : [`${fieldOf(name)}: ${JSON.stringify(value)}`];
    });
    expect(settings(everything.join("\n")).values).toEqual(parseFlags(serveFlags, []).values);
  });

  test.each([
    { says: "an unknown field", text: `${head}securePorts: 1\n`, want: 'unknown field "securePorts"' },
    { says: "metadata", text: `${head}metadata: {name: a}\n`, want: 'unknown field "metadata"' },
    { says: "the file to read instead", text: `${head}config: x\n`, want: 'unknown field "config"' },
    {
      says: "a text for a number",
      text: `${head}securePort: "6443"\n`,
      want: 'securePort: Invalid value: "string": securePort in body must be of type integer: "string"',
    },
    {
      says: "a port that is none",
      text: `${head}securePort: 70000\n`,
      want: "securePort: Invalid value: 70000: securePort in body should be less than or equal to 65535",
    },
    {
      says: "a role there is not",
      text: `${head}roles: [api, proxy]\n`,
      want: 'roles[1]: Unsupported value: "proxy": supported values: "api", "webhook", "reconciler"',
    },
    { says: "no role at all", text: `${head}roles: []\n`, want: "roles: Invalid value" },
    {
      says: "another version",
      text: "apiVersion: config.hawsepipe.dev/v2\nkind: ServerConfiguration\n",
      want: 'apiVersion: Unsupported value: "config.hawsepipe.dev/v2"',
    },
    { says: "no kind", text: "apiVersion: config.hawsepipe.dev/v1alpha1\n", want: "kind: Required value" },
    { says: "a field twice", text: `${head}logLevel: info\nlogLevel: warn\n`, want: '"logLevel"' },
    { says: "a list", text: "- a\n", want: "the document is not an object" },
  ])("with $says is refused by its path", ({ text, want }) => {
    const name = file(text);
    expect(() => readConfiguration(serveFlags, name)).toThrow(UsageError);
    expect(() => readConfiguration(serveFlags, name)).toThrow(want);
  });

  test("that is not there is refused by its name", () => {
    expect(() => readConfiguration(serveFlags, "/nowhere.yaml")).toThrow("/nowhere.yaml: ENOENT");
  });
});
