import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Installed } from "../../support/flavours.ts";
import { flavours } from "../../support/flavours.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { repository } from "../../support/standalone.ts";

const guide = readFileSync(path.join(repository, "docs/guides/two-tenants.md"), "utf8");
const manifests = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
const commands = [...guide.matchAll(/^ {4}kubectl (.*)$/gm)].map(([, text = ""]) => text);

const why = noControlPlane(["kube-controller-manager", "kubectl"]);
if (why !== undefined) console.warn(`skipped: the guide of two tenants (${why})`);

describe.skipIf(why !== undefined).each(flavours)("docs/guides/two-tenants.md over $flavour", ({ start }) => {
  let installed: Installed;
  let stop = async (): Promise<void> => undefined;
  let admin: ReturnType<typeof succeeding>;
  let rob: Kubectl;
  let ben: Kubectl;
  let bea: Kubectl;

  beforeAll(async () => {
    installed = await start({});
    stop = () => installed.stop();
    admin = succeeding(installed.admin);
    for (const text of manifests) await admin("apply -f -", text);
    for (const command of commands) await admin(words(command));
    rob = await installed.as("rob", ["team-red"]);
    ben = await installed.as("ben", ["team-blue"]);
    bea = await installed.as("bea", ["team-blue"]);
    // The webhooks follow providers by a watch.
    await eventually("kaito to be restricted for Rob", async () => {
      const { code } = await rob("create --dry-run=server -f -", kaito("x", "red"));
      return code === 0 ? undefined : true;
    });
    await eventually("the quota to be counted", async () => {
      const used = await admin("get quota models -n red -o jsonpath={.status.used}");
      return used === "" ? undefined : true;
    });
  });
  afterAll(async () => {
    await stop();
  });

  const open = (name: string, namespace: string): object => ({
    ...aDeployment(name, {}, namespace),
    spec: { model: { id: "Qwen/Qwen3-0.6B" } },
  });
  const kaito = (name: string, namespace: string, provider: object = {}): object =>
    aDeployment(name, { provider: { name: "kaito", ...provider } }, namespace);
  const overrides = { overrides: { resource: { instanceType: "Standard_NC96ads_A100_v4" } } };
  const refused = async (kubectl: Kubectl, object: object, ...words: string[]): Promise<void> => {
    const { code, stderr } = await kubectl("create -f -", object);
    expect(code).toBe(1);
    for (const word of words) expect(stderr).toContain(word);
  };

  test("Rob gets llm-d when he names no provider, since he may not use KAITO", async () => {
    const { stdout, stderr } = await rob("create -o jsonpath={.spec.provider.name} -f -", open("one", "red"));
    expect([stdout, stderr]).toEqual(["llmd", ""]);
  });

  test("Rob may not name KAITO", () =>
    refused(rob, kaito("two", "red"), "Forbidden", 'may not use inferenceproviders "kaito"'));

  test("Rob's third model is one too many", async () => {
    await succeeding(rob)("create -f -", open("two", "red"));
    await eventually("both to be rendered", async () => {
      const names = await admin("get deployments -n red -o name");
      return names.trim().split("\n").length === 2 ? true : undefined;
    });
    await refused(rob, open("three", "red"), "exceeded quota: models");
  });

  test("Rob can still put another model in the place of one of the two", async () => {
    const model = '{"spec":{"model":{"id":"Qwen/Qwen3-4B"}}}';
    await succeeding(rob)(["patch", "mdep", "one", "-n", "red", "--type=merge", "-p", model]);
    await eventually("the other model to be rendered", async () => {
      const deployments = await admin("get deployments -n red -o yaml");
      return deployments.includes("Qwen/Qwen3-4B") ? true : undefined;
    });
  });

  test("Rob has no business in blue, and only looks at Deployments in red", async () => {
    await refused(rob, open("one", "blue"), "Forbidden", 'in the namespace "blue"');
    expect((await rob("get deployments -n red")).code).toBe(0);
    expect((await rob("scale deployment one -n red --replicas=3")).stderr).toContain("Forbidden");
  });

  test("Ben gets a Workspace from KAITO", async () => {
    await succeeding(ben)("create -f -", kaito("phi", "blue"));
    await eventually("the Workspace", async () => {
      const names = await admin("get workspaces -n blue -o name");
      return names.includes("workspace.kaito.sh/phi") ? true : undefined;
    });
  });

  test("Ben may not override, Bea may", async () => {
    await refused(ben, kaito("labelled", "blue", overrides), "Forbidden", "may not override");
    const { code, stderr } = await bea("create -f -", kaito("labelled", "blue", overrides));
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("Ben makes no Workspace of his own, not even with the right to make them", async () => {
    const workspace = {
      apiVersion: "kaito.sh/v1beta1",
      kind: "Workspace",
      metadata: { name: "raw", namespace: "blue" },
      resource: { instanceType: "Standard_NC24ads_A100_v4", labelSelector: { matchLabels: { a: "b" } } },
      inference: { preset: { name: "phi-4" } },
    };
    await refused(ben, workspace, "Forbidden", 'cannot create resource "workspaces"');
    await admin("create role workspaces --verb=* --resource=workspaces.kaito.sh -n blue");
    await admin("create rolebinding workspaces --role=workspaces --group=team-blue -n blue");
    await eventually("the right to be known", async () => {
      const { stderr } = await ben("create -f -", workspace);
      return stderr.includes('create a ModelDeployment with spec.provider.name "kaito" instead')
        ? true
        : undefined;
    });
  });
});

/** A command line as a shell would split it; only single quotes are used on the page. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
