import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { getPath } from "../machinery/json/value.ts";
import { decodeYamlDocuments } from "../machinery/yaml/decode.ts";
import { loadCommands } from "./commands.ts";
import { main } from "./program.ts";
import { recordingIo } from "./testing/io.ts";

const directory = mkdtempSync(path.join(tmpdir(), "hawsepipe-cli-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const ferries = path.join(import.meta.dirname, "../test/fixtures/crds");
/** The same kind, of a group that is not to be had. */
const taken = path.join(directory, "taken.yaml");
writeFileSync(
  taken,
  readFileSync(path.join(ferries, "ferries.yaml"), "utf8").replaceAll("harbour.example.com", "hawsepipe.dev"),
);

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = recordingIo(directory);
  const code = await main(args, io);
  return { code, stdout: io.stdout(), stderr: io.stderr() };
}

describe("the command line", () => {
  test("without a command shows the help and counts as a mistake", async () => {
    const { code, stdout } = await run();
    expect(code).toBe(2);
    for (const command of loadCommands()) expect(stdout).toContain(`  ${command.name}`);
  });

  test.each(loadCommands().map((command) => command.name))(
    "%s --help tells how it is called",
    async (name) => {
      const { code, stdout } = await run(name, "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage:\n  hawsepipe ${name}`);
      expect(await run("help", name)).toEqual({ code: 0, stdout, stderr: "" });
    },
  );

  test.each([
    { says: "an unknown command", args: ["sevre"], want: 'there is no command "sevre"' },
    { says: "an unknown flag", args: ["version", "--nope"], want: "Unknown option '--nope'" },
    {
      says: "a storage there is not",
      args: ["serve", "--storage=etcd"],
      want: "--storage must be one of records, embedded",
    },
    {
      says: "a role there is not",
      args: ["serve", "--roles=api,proxy"],
      want: "--roles must be a list of api, webhook, reconciler",
    },
    { says: "no role", args: ["serve", "--roles="], want: "--roles must be a list of" },
    {
      says: "a delay that is none",
      args: ["serve", "--shutdown-delay-duration=soon"],
      want: "--shutdown-delay-duration must be a number of seconds",
    },
    {
      says: "an election that is neither",
      args: ["serve", "--leader-elect=maybe"],
      want: "--leader-elect must be true or false",
    },
    {
      says: "a cluster's setting without a cluster",
      args: ["serve", "--standalone", "--roles=api"],
      want: "--roles cannot be used with --standalone",
    },
    {
      says: "a setting of a server without a cluster for one with",
      args: ["serve", "--simulator"],
      want: "--simulator needs --standalone",
    },
    {
      says: "a folder for records",
      args: ["serve", "--data-dir=x"],
      want: "--data-dir needs --standalone or --storage=embedded",
    },
    {
      says: "a configuration that is not there",
      args: ["serve", "--config=nowhere.yaml"],
      want: "nowhere.yaml: ENOENT",
    },
    {
      says: "a port that is none",
      args: ["serve", "--standalone", "--secure-port", "http"],
      want: "--secure-port must be a number",
    },
    { says: "a kubeconfig for nobody", args: ["kubeconfig"], want: "--user is required" },
    {
      says: "a kubeconfig without a server",
      args: ["kubeconfig", "--user", "a"],
      want: "no server has run with the data directory",
    },
    { says: "nothing to convert", args: ["convert"], want: "no input: give files or directories with -f" },
    {
      says: "a file that is not there",
      args: ["convert", "-f", "/nowhere.yaml"],
      want: "/nowhere.yaml: no such file",
    },
    {
      says: "a version nobody serves",
      args: ["convert", "-f", "-", "--to-version", "v9"],
      want: "--to-version must be one of",
    },
    { says: "nothing to register", args: ["apiservices"], want: "--crds names no folder" },
    { says: "a backup to nowhere", args: ["backup"], want: "--to is required" },
    { says: "a backup of nothing", args: ["backup", "--to", "x.db"], want: "there is no store in" },
    { says: "a restore of nothing", args: ["restore", "--from", "x.db"], want: "no such file" },
  ])("$says is called wrongly and says so", async ({ args, want }) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(want);
    expect(stderr).toContain("--help");
  });
});

test("a failed restore names the backup and leaves nothing behind", async () => {
  writeFileSync(path.join(directory, "torn.db"), "not a store");
  const { code, stderr } = await run("restore", "--from", "torn.db", "--data-dir", "from-torn");
  expect(code).toBe(1);
  expect(stderr).toContain(`${path.join(directory, "torn.db")} is damaged`);
  expect(existsSync(path.join(directory, "from-torn"))).toBe(false);
});

test("a kubeconfig written to a file is for its owner only", async () => {
  const server = ["--server", "https://127.0.0.1:1", "--data-dir", "issued"];
  const { code, stdout } = await run("kubeconfig", "--user", "alice", ...server, "--out", "alice.kubeconfig");
  expect([code, stdout]).toEqual([0, ""]);
  const file = path.join(directory, "alice.kubeconfig");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toContain("client-key-data");
});

test("apiservices registers every served version of the reader's kinds, and lets the CA be written into them", async () => {
  const { code, stdout } = await run(
    "apiservices",
    "--crds",
    ferries,
    "-n",
    "harbour",
    "--service-name",
    "pier",
  );
  expect(code).toBe(0);
  const objects = decodeYamlDocuments(stdout).map(({ value }) => value);
  expect(objects.map((object) => [getPath(object, "kind"), getPath(object, "metadata", "name")])).toEqual([
    ["APIService", "v1.harbour.example.com"],
    ["ClusterRole", "hawsepipe-apiservices"],
    ["ClusterRoleBinding", "hawsepipe-apiservices"],
  ]);
  expect(getPath(objects[0], "spec")).toEqual({
    group: "harbour.example.com",
    version: "v1",
    groupPriorityMinimum: 1000,
    versionPriority: 100,
    service: { name: "pier", namespace: "harbour", port: 443 },
  });
  expect(getPath(objects[1], "rules")).toEqual([
    {
      apiGroups: ["apiregistration.k8s.io"],
      resources: ["apiservices"],
      resourceNames: ["v1.harbour.example.com"],
      verbs: ["get", "patch"],
    },
  ]);
});

test("a kind of our own group is not the reader's to serve", async () => {
  const { code, stderr } = await run("apiservices", "--crds", taken);
  expect(code).toBe(1);
  expect(stderr).toContain('a CustomResourceDefinition cannot take over ferries of group "hawsepipe.dev"');
});

describe("convert", () => {
  test("prints every document in the other version and leaves foreign kinds alone", async () => {
    const file = path.join(directory, "two.yaml");
    writeFileSync(
      file,
      [
        "apiVersion: hawsepipe.dev/v1alpha1",
        "kind: ModelDeployment",
        "metadata: {name: a}",
        "spec: {model: {id: org/m}, resources: {gpu: {count: 2}}}",
        "---",
        "{apiVersion: v1, kind: Secret, metadata: {name: s}}",
      ].join("\n"),
    );
    const { code, stdout } = await run("convert", "-f", file);
    expect(code).toBe(0);
    const [first, second] = stdout.split("---\n");
    expect(first).toContain("apiVersion: hawsepipe.dev/v1alpha2");
    expect(first).toMatch(/serving:\n {4}resources:\n {6}gpu:\n {8}count: 2/);
    expect(second).toBe("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n");
  });

  test("says which file is not an object of the API", async () => {
    const file = path.join(directory, "bad.yaml");
    writeFileSync(file, "just: text");
    const { code, stderr } = await run("convert", "-f", file);
    expect(code).toBe(1);
    expect(stderr).toContain("bad.yaml: a document is not an object with apiVersion and kind");
  });
});
