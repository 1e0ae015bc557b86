import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { UserInfo } from "../../../api/meta/user.ts";
import { bootstrapPolicy } from "../../../server/authz/bootstrap-policy.ts";
import { RbacAuthorizer } from "../../../server/authz/rbac-authorizer.ts";
import { staticRbacSource } from "../../../server/authz/rbac-source.ts";
import { reviewKinds } from "../../../server/authz/reviews/reviews.ts";
import { namespaceLikeDefinition, widgetDefinition } from "../../../server/discovery/testing/widget.ts";
import { DocumentServer } from "./document-server.ts";

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;
if (!hasKubectl) console.warn("skipped: no kubectl on PATH, its reading of the documents is not tested");

const alice: UserInfo = { name: "alice", groups: ["devs", "system:authenticated"] };

const editor = {
  kind: "ClusterRoleBinding",
  metadata: { name: "viewers" },
  roleRef: { kind: "ClusterRole", name: "view" },
  subjects: [{ kind: "Group", name: "devs" }],
};

describe.skipIf(!hasKubectl)("kubectl, reading nothing but our documents,", () => {
  const home = mkdtempSync(join(tmpdir(), "hawsepipe-kubectl-"));
  let server: DocumentServer;
  let url = "";

  beforeAll(async () => {
    const rbac = new RbacAuthorizer(staticRbacSource([...bootstrapPolicy(), editor]));
    const reviews = reviewKinds({ authorizer: rbac, rules: rbac, now: () => new Date() });
    server = new DocumentServer([widgetDefinition(), namespaceLikeDefinition()], reviews, alice);
    url = await server.listen();
  });
  afterAll(async () => {
    await server.close();
    rmSync(home, { recursive: true });
  });
  beforeEach(() => {
    server.seen.length = 0;
  });

  function kubectl(...args: readonly string[]): Promise<{ code: number; output: string }> {
    const options = { env: { PATH: process.env["PATH"], HOME: home, KUBECONFIG: join(home, "none") } };
    return new Promise((resolve) => {
      execFile("kubectl", ["--server", url, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
      });
    });
  }

  function manifest(spec: string): string {
    const file = join(home, "widget.yaml");
    writeFileSync(file, `apiVersion: lab.example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: ${spec}\n`);
    return file;
  }

  test("lists the resources with short names, scope and verbs", async () => {
    const { output } = await kubectl("api-resources", "-o", "wide");
    expect(output).toMatch(
      /^widgets +wd +lab\.example\.com\/v1 +true +Widget +delete,deletecollection,get,list,patch,create,update,watch +all,lab$/m,
    );
    expect(output).toMatch(/^namespaces +ns +v1 +false +Namespace /m);
    const versions = await kubectl("api-versions");
    expect(versions.output.split("\n")).toEqual(expect.arrayContaining(["lab.example.com/v1", "v1"]));
  });

  test("explains fields with their texts, enumerations and defaults", async () => {
    const { code, output } = await kubectl("explain", "wd.spec.color");
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining("The paint.") as string,
    });
    expect(output).toMatch(/GROUP: +lab\.example\.com\nKIND: +Widget\nVERSION: +v1\n/);
    expect(output).toMatch(/ENUM:\n +red\n +green\n/);
  });

  test("explains whole kinds, other versions and built-in fields", async () => {
    const whole = await kubectl("explain", "widgets", "--recursive");
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.output).toMatch(/items\t<\[\]Object>\n +name\t<string> -required-/);
    expect(whole.output).toMatch(/ownerReferences\t<\[\]OwnerReference>/);
    const beta = await kubectl("explain", "widgets", "--api-version=lab.example.com/v1beta1");
    expect(beta.output).toContain("v1beta1");
    expect((await kubectl("explain", "widgets.metadata.generateName")).output).toContain("optional prefix");
  });

  test("finds that the server validates fields and leaves it to it", async () => {
    const created = await kubectl("apply", "--validate=strict", "-f", manifest("{color: red, unknown: 1}"));
    expect(created).toMatchObject({
      code: 0,
      output: expect.stringContaining("widget.lab.example.com/w created") as string,
    });
    const post = server.seen.find(({ method }) => method === "POST");
    expect(post?.path).toBe("/apis/lab.example.com/v1/namespaces/default/widgets");
    expect(post?.query).toContain("fieldValidation=Strict");
    expect(post?.query).toContain("fieldManager=kubectl-client-side-apply");
  });

  test("finds that the server knows dry runs", async () => {
    const file = manifest("{color: red}");
    const applied = await kubectl("apply", "--dry-run=server", "-f", file);
    expect(applied).toMatchObject({ code: 0, output: expect.stringContaining("(server dry run)") as string });
    expect(server.seen.some(({ query }) => query.includes("dryRun=All"))).toBe(true);
  });

  test("changes an existing object with a merge patch and applies on the server", async () => {
    await kubectl("apply", "-f", manifest("{color: red}"));
    server.seen.length = 0;
    expect(await kubectl("apply", "-f", manifest("{color: green}"))).toEqual({
      code: 0,
      output: "widget.lab.example.com/w configured\n",
    });
    expect(server.seen.find(({ method }) => method === "PATCH")?.contentType).toBe(
      "application/merge-patch+json",
    );
    expect(await kubectl("apply", "--server-side", "-f", manifest("{color: green}"))).toMatchObject({
      code: 0,
    });
    expect(server.seen.at(-1)?.contentType).toBe("application/apply-patch+yaml");
  });

  test("answers auth can-i, its list and whoami", async () => {
    expect((await kubectl("auth", "can-i", "get", "pods")).output).toContain("yes");
    expect(await kubectl("auth", "can-i", "delete", "pods")).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^no\n/) as string,
    });
    expect((await kubectl("auth", "can-i", "get", "/api")).output).toContain("yes");
    const list = await kubectl("auth", "can-i", "--list");
    expect(list.output).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]/);
    expect(list.output).toMatch(/deployments\.apps +\[\] +\[\] +\[get list watch\]/);
    const who = await kubectl("auth", "whoami");
    expect(who.output).toMatch(/^Username +alice$/m);
    expect(who.output).toMatch(/^Groups +\[devs system:authenticated\]$/m);
  });
});
