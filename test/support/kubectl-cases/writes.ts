import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually, kubectlFor, succeeding } from "../kubectl.ts";
import type { Target } from "./target.ts";
import { toolsOf } from "./target.ts";

/** Every way in which kubectl changes objects. */
export function writes(target: () => Target): void {
  const { kubectl, run, aDeployment } = toolsOf(target);
  const read = (name: string, jsonpath: string): Promise<string> =>
    run(["get", "mdep", name, "-o", `jsonpath=${jsonpath}`]);

  test("create stores the object with its defaults and refuses the second one", async () => {
    expect(await run("create -f -", aDeployment("created"))).toContain(
      "modeldeployment.hawsepipe.dev/created created",
    );
    const again = await kubectl("create -f -", aDeployment("created"));
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(
      'Error from server (AlreadyExists): error when creating "STDIN": modeldeployments.hawsepipe.dev "created" already exists',
    );
  });

  test("create with generateName makes a name", async () => {
    const { metadata, ...rest } = aDeployment("x");
    const made = await run("create -f - -o name", {
      ...rest,
      metadata: { namespace: metadata.namespace, generateName: "gen-" },
    });
    expect(made.trim()).toMatch(/^modeldeployment\.hawsepipe\.dev\/gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("apply creates, changes nothing the second time, and removes what was taken out of the file", async () => {
    const object = aDeployment("applied", { workload: { nodeSelector: { pool: "a" } } });
    expect(await run("apply -f -", object)).toContain("created");
    const before = await read("applied", "{.metadata.resourceVersion}");
    expect(await run("apply -f -", object)).toContain("unchanged");
    expect(await read("applied", "{.metadata.generation}")).toBe("1");
    expect(await run("apply -f -", aDeployment("applied"))).toContain("configured");
    expect(await read("applied", "{.spec.workload.nodeSelector}")).toBe("");
    expect(await read("applied", "{.metadata.resourceVersion}")).not.toBe(before);
  });

  test("two server-side appliers conflict over a field they both set, until one forces", async () => {
    const object = (contextLength: number): object => aDeployment("shared", { engine: { contextLength } });
    await run("apply --server-side --field-manager=alice -f -", object(4096));
    const refused = await kubectl("apply --server-side --field-manager=bob -f -", object(8192));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'Apply failed with 1 conflict: conflict with "alice": .spec.engine.contextLength',
    );
    await run("apply --server-side --field-manager=bob --force-conflicts -f -", object(8192));
    expect(await read("shared", "{.spec.engine.contextLength}")).toBe("8192");
    const managers = JSON.parse(await run("get mdep shared -o json --show-managed-fields")) as {
      metadata: { managedFields: { manager: string; operation: string }[] };
    };
    expect(
      managers.metadata.managedFields.filter((m) => m.operation === "Apply").map((m) => m.manager),
    ).toEqual(expect.arrayContaining(["alice", "bob"]));
  });

  test("client-side apply can be continued server-side without a conflict", async () => {
    await run("apply -f -", aDeployment("migrated", { engine: { contextLength: 2048 } }));
    await run("apply --server-side -f -", aDeployment("migrated", { engine: { contextLength: 4096 } }));
    expect(await read("migrated", "{.spec.engine.contextLength}")).toBe("4096");
  });

  test("diff shows what would change and changes nothing", async () => {
    await run("apply -f -", aDeployment("diffed", { engine: { contextLength: 2048 } }));
    for (const flags of ["diff -f -", "diff --server-side --force-conflicts -f -"]) {
      const { code, stdout } = await kubectl(
        flags,
        aDeployment("diffed", { engine: { contextLength: 4096 } }),
      );
      expect(code).toBe(1);
      expect(stdout).toContain("-    contextLength: 2048");
      expect(stdout).toContain("+    contextLength: 4096");
    }
    expect(
      (await kubectl("diff -f -", aDeployment("diffed", { engine: { contextLength: 2048 } }))).code,
    ).toBe(0);
    expect(await read("diffed", "{.spec.engine.contextLength}")).toBe("2048");
  });

  test("a server dry run answers the result and stores nothing", async () => {
    const shown = await run("create --dry-run=server -o yaml -f -", aDeployment("dry"));
    expect(shown).toContain("name: vllm");
    expect((await kubectl("get mdep dry")).stderr).toContain(
      'modeldeployments.hawsepipe.dev "dry" not found',
    );
  });

  test("patch takes merge and JSON patches and refuses strategic ones", async () => {
    await run("create -f -", aDeployment("patched"));
    await run([
      "patch",
      "mdep",
      "patched",
      "--type=merge",
      "-p",
      '{"spec":{"engine":{"contextLength":1024}}}',
    ]);
    await run([
      ...["patch", "mdep", "patched", "--type=json", "-p"],
      '[{"op":"test","path":"/spec/engine/contextLength","value":1024},{"op":"replace","path":"/spec/engine/contextLength","value":512}]',
    ]);
    expect(await read("patched", "{.spec.engine.contextLength}")).toBe("512");
    const strategic = await kubectl(["patch", "mdep", "patched", "--type=strategic", "-p", "{}"]);
    expect(strategic.stderr).toMatch(/UnsupportedMediaType|unable to decode|strategic/);
  });

  test("label and annotate change metadata and leave the generation", async () => {
    await run("create -f -", aDeployment("tagged"));
    await run("label mdep tagged team=a");
    await run("annotate mdep tagged note=hello");
    expect(
      await read("tagged", "{.metadata.labels.team}/{.metadata.annotations.note}/{.metadata.generation}"),
    ).toBe("a/hello/1");
    await run("label mdep tagged team-");
    expect(await read("tagged", "{.metadata.labels}")).toBe("");
  });

  test("edit saves what the editor wrote", async () => {
    await run("create -f -", aDeployment("edited"));
    const editor = path.join(target().directory, "editor.sh");
    writeFileSync(editor, '#!/bin/sh\nsed -i "s#Qwen/Qwen3-0.6B#Qwen/Qwen3-8B#" "$1"\n');
    chmodSync(editor, 0o755);
    const editing = succeeding(kubectlFor(target().kubeconfig, { KUBE_EDITOR: editor }));
    expect(await editing("edit mdep edited")).toContain("edited");
    expect(await read("edited", "{.spec.model.id}")).toBe("Qwen/Qwen3-8B");
  });

  test("scale goes through /scale, also to zero and back", async () => {
    await run("create -f -", aDeployment("scaled"));
    await run("scale mdep scaled --replicas=0");
    expect(await read("scaled", "{.spec.serving.replicas}")).toBe("0");
    const wrong = await kubectl("scale mdep scaled --current-replicas=5 --replicas=3");
    expect(wrong.code).toBe(1);
    await run("scale mdep scaled --current-replicas=0 --replicas=3");
    expect(await read("scaled", "{.spec.serving.replicas}/{.metadata.generation}")).toBe("3/3");
  });

  test("replace needs the current resourceVersion", async () => {
    await run("create -f -", aDeployment("replaced"));
    type Read = { spec: { engine: Record<string, unknown> } };
    const current = async (): Promise<Read> => JSON.parse(await run("get mdep replaced -o json")) as Read;
    const stale = await current();
    // Its status may be written between the two.
    await eventually("a replace", async () => {
      const next = await current();
      next.spec.engine["contextLength"] = 256;
      return (await kubectl("replace -f -", next)).code === 0 ? true : undefined;
    });
    stale.spec.engine["contextLength"] = 128;
    expect((await kubectl("replace -f -", stale)).stderr).toContain(
      "the object has been modified; please apply your changes to the latest version and try again",
    );
  });
}
