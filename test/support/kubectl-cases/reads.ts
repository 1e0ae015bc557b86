import { beforeAll, expect, test } from "vitest";
import { eventually, follow } from "../kubectl.ts";
import type { Target } from "./target.ts";
import { toolsOf } from "./target.ts";

/** Every way in which kubectl looks at objects; the target's namespace is empty before. */
export function reads(target: () => Target): void {
  const { kubectl, run, aDeployment } = toolsOf(target);

  beforeAll(async () => {
    for (const [name, team] of [
      ["one", "a"],
      ["two", "b"],
      ["three", "a"],
    ] as const) {
      const object = aDeployment(name);
      await run("create -f -", { ...object, metadata: { ...object.metadata, labels: { team } } });
    }
  });

  test("api-resources lists our kinds with short names and categories", async () => {
    const table = await run("api-resources --api-group=hawsepipe.dev -o wide");
    expect(table).toMatch(
      /modeldeployments\s+mdep\s+hawsepipe\.dev\/v1alpha2\s+true\s+ModelDeployment .*all,hawsepipe/,
    );
    expect(table).toMatch(/inferenceproviders\s+infp\s+hawsepipe\.dev\/v1alpha1\s+false\s+InferenceProvider/);
  });

  test("explain knows both versions down to the leaves", async () => {
    expect(await run("explain mdep.spec.serving.replicas")).toMatch(/FIELD: replicas <integer>/);
    expect(await run("explain mdep --recursive")).toMatch(/contextLength\s+<integer>/);
    const old = await run("explain mdep --recursive --api-version=hawsepipe.dev/v1alpha1");
    expect(old).toMatch(/huggingFaceToken\s+<string>/);
  });

  test("get prints the columns, and more of them wide", async () => {
    const [header, ...rows] = (await run("get mdep")).trim().split("\n");
    expect(header).toMatch(/^NAME\s+PHASE\s+PROVIDER\s+ENGINE\s+.*AGE$/);
    expect(rows.map((row) => row.split(/\s+/)[0])).toEqual(["one", "three", "two"]);
    expect(((await run("get mdep -o wide")).split("\n")[0] ?? "").length).toBeGreaterThan(
      (header ?? "").length,
    );
  });

  test.each([
    { says: "label selector", args: "get mdep -l team=a -o name", want: ["one", "three"] },
    { says: "label selector that excludes", args: "get mdep -l team!=a -o name", want: ["two"] },
    {
      says: "field selector on the name",
      args: "get mdep --field-selector=metadata.name=two -o name",
      want: ["two"],
    },
    { says: "chunks of one", args: "get mdep --chunk-size=1 -o name", want: ["one", "three", "two"] },
    { says: "the category", args: "get hawsepipe -l team=b -o name", want: ["two"] },
  ])("get by $says", async ({ args, want }) => {
    const names = (await run(args))
      .trim()
      .split("\n")
      .filter((line) => line.includes("modeldeployment"));
    expect(names.map((name) => name.split("/")[1])).toEqual(want);
  });

  test("get -o yaml answers either version of the same object", async () => {
    expect(await run("get modeldeployments.v1alpha2.hawsepipe.dev one -o yaml")).toContain(
      "apiVersion: hawsepipe.dev/v1alpha2",
    );
    const old = await run("get modeldeployments.v1alpha1.hawsepipe.dev one -o yaml");
    expect(old).toContain("apiVersion: hawsepipe.dev/v1alpha1");
    expect(old).toMatch(/ {2}resources:\n {4}gpu:\n {6}count: 1/);
  });

  test("get -w follows a change", async () => {
    const watch = follow(target().kubeconfig, [
      "get",
      "mdep",
      "one",
      "-w",
      "-o",
      "jsonpath={.metadata.labels.seen}{'\\n'}",
    ]);
    await eventually("the first line", () => (watch.lines.length > 0 ? true : undefined));
    await run("label mdep one seen=yes");
    await eventually("the change", () => (watch.lines.includes("yes") ? true : undefined));
    await watch.stop();
  });

  test("wait sees the condition and the phase come true", async () => {
    await run("wait mdep/one --for=condition=Ready --timeout=120s");
    await run("wait mdep/one --for=jsonpath={.status.phase}=Running --timeout=120s");
  });

  test("describe shows the spec, the conditions and the events", async () => {
    await run("wait mdep/one --for=condition=Ready --timeout=120s");
    const shown = await run("describe mdep one");
    expect(shown).toMatch(/Kind:\s+ModelDeployment/);
    expect(shown).toMatch(/Type:\s+Ready/);
    expect(shown).toMatch(/Events:/);
  });

  test("the rendered resources are objects one can get, and the manifests can be read", async () => {
    for (const what of ["deploy", "svc"]) {
      await eventually(`${what} one`, async () =>
        (await kubectl(`get ${what} one`)).code === 0 ? true : undefined,
      );
    }
    expect(await run("get svc one -o jsonpath={.spec.ports[0].port}")).toBe("8000");
    if (!target().hasManifests) return;
    const manifests = JSON.parse(
      await run(
        `get --raw /apis/hawsepipe.dev/v1alpha2/namespaces/${target().namespace}/modeldeployments/one/manifests`,
      ),
    ) as { kind: string; items: { kind: string }[] };
    expect(manifests.items.map((item) => item.kind)).toEqual(
      expect.arrayContaining(["Deployment", "Service"]),
    );
  });

  test("auth can-i answers for this user", async () => {
    expect((await run("auth can-i create mdep")).trim()).toBe("yes");
    expect(await run("auth whoami")).toContain(target().user);
  });
}
