/** docs/reference/rbac.md lists every rule of every role in the manifests, and says what it is for. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeYaml } from "../machinery/yaml/decode.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const manifests = (file: string): readonly Manifest[] =>
  read(`manifests/${file}`)
    .split(/^---$/m)
    .map((text) => decodeYaml(text).value as unknown as Manifest);

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");

/** `secrets`, `deployments.apps`, `modeldeployments/scale.hawsepipe.dev`, or paths. */
function targets(rule: Rule): string {
  if (rule.nonResourceURLs !== undefined) return code(rule.nonResourceURLs);
  const names = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).map((resource) => (group === "" ? resource : `${resource}.${group}`)),
  );
  const only = rule.resourceNames === undefined ? "" : ` named ${code(rule.resourceNames)}`;
  return `${code(names)}${only}`;
}

const cellsOf = (role: Manifest, rule: Rule): string =>
  [
    `\`${role.metadata.name}\`${role.kind === "Role" ? " (Role)" : ""}`,
    targets(rule),
    rule.verbs.join(", "),
  ].join(" | ");
const rulesOf = (roles: readonly Manifest[]): string[] =>
  roles.flatMap((role) => (role.rules ?? []).map((rule) => cellsOf(role, rule)));

/** The rows of the first table under a heading, as lists of cells. */
function rows(heading: string): readonly (readonly string[])[] {
  const [, section = ""] = read("docs/reference/rbac.md").split(`\n## ${heading}\n`);
  return (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first = ""]) => !/^-+$/.test(first));
}
const listed = (found: readonly (readonly string[])[]): string[] =>
  found.map((cells) => cells.slice(0, 3).join(" | "));

test("the roles for people are listed rule by rule", () => {
  const files = ["rbac/cluster-roles.yaml", "components/service-monitor/reader.yaml"];
  expect(listed(rows("Roles that come with the manifests"))).toEqual(rulesOf(files.flatMap(manifests)));
});

describe.each([
  { flavour: "APIService", file: "aggregated/rbac.yaml" },
  { flavour: "CRDs", file: "crd/own-rights.yaml" },
])("the server's own rights, served over $flavour,", ({ flavour, file }) => {
  const table = rows("The server's own rights").filter(([, , , where]) =>
    [flavour, "both"].includes(where ?? ""),
  );
  const byOthers = manifests(file).filter(
    ({ kind, roleRef }) => kind.endsWith("Binding") && roleRef?.name.startsWith("hawsepipe") !== true,
  );

  test("are listed rule by rule", () => {
    const given = byOthers.map(({ roleRef }) => `\`${roleRef?.name ?? ""}\` | of the cluster | `);
    expect(listed(table).sort()).toEqual([...rulesOf(manifests(file)), ...given].sort());
  });

  test("are each there for a reason", () => {
    for (const cells of table) expect(cells[4]).toMatch(/\w{3}/);
  });
});

test("the role for tenants lists no Secrets: whoever lists them reads them", () => {
  const role = manifests("rbac/cluster-roles.yaml").find(
    ({ metadata }) => metadata.name === "hawsepipe-self-service",
  );
  const verbs = (role?.rules ?? []).flatMap((rule) =>
    rule.resources?.includes("secrets") === true ? rule.verbs : [],
  );
  expect([...verbs].sort()).toEqual(["create", "delete", "get", "patch", "update"]);
});
