import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, repository, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let kubectl: Kubectl;
let run: ReturnType<typeof succeeding>;

beforeAll(async () => {
  const real = process.env["HAWSEPIPE_CRDS"];
  server = await startStandalone({ flags: ["--simulator", ...(real === undefined ? [] : ["--crds", real])] });
  kubectl = kubectlFor(server.kubeconfig);
  run = succeeding(kubectl);
  await run(["apply", "-f", path.join(repository, "manifests/samples")]);
  await run("wait mdep --all --for=jsonpath={.status.phase}=Running --timeout=120s");
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

/** Every object the reconciler could write, with its resourceVersion. */
const revisions = (): Promise<string> =>
  run([
    ...["get", "mdep,deployments,services,workspaces,persistentvolumeclaims,configmaps,events", "-A"],
    ...["-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}"],
  ]);

async function reconciles(): Promise<number> {
  const metrics = await run("get --raw /metrics");
  const lines = metrics.split("\n").filter((line) => line.startsWith("controller_runtime_reconcile_total{"));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Waits until nothing has been written for a while: the last status of a change is in. */
async function quiet(): Promise<string> {
  let last = await revisions();
  let since = Date.now();
  return eventually("a quiet server", async () => {
    const now = await revisions();
    if (now !== last) since = Date.now();
    last = now;
    return Date.now() - since > 1500 ? now : undefined;
  });
}

describe("rendered resources stay as rendered", () => {
  test("a Deployment edited by hand goes back, in what we render only", async () => {
    await run("label deployment qwen-small mine=kept");
    await run("scale deployment qwen-small --replicas=7");
    await run("set image deployment/qwen-small *=example.com/other:1");
    const wanted = await run("get mdep qwen-small -o jsonpath={.spec.serving.replicas}");
    await eventually("the rendered form", async () => {
      const now = await run(
        "get deployment qwen-small -o jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].image}",
      );
      return now.startsWith(`${wanted}/`) && !now.includes("example.com") ? true : undefined;
    });
    expect(await run("get deployment qwen-small -o jsonpath={.metadata.labels.mine}")).toBe("kept");
  });

  test("a Service and a Workspace deleted by hand come back", async () => {
    for (const what of ["service/qwen-small", "workspace/phi-preset"]) {
      const old = await run(`get ${what} -o jsonpath={.metadata.uid}`);
      await run(`delete ${what}`);
      await eventually(`a new ${what}`, async () => {
        const { code, stdout } = await kubectl(`get ${what} -o jsonpath={.metadata.uid}`);
        return code === 0 && stdout !== old ? true : undefined;
      });
    }
  });

  test("ten passes over every sample with no change write nothing", async () => {
    const names = (await run("get mdep -o jsonpath={.items[*].metadata.name}")).split(" ");
    expect(names.length).toBeGreaterThanOrEqual(8);
    await run("wait mdep --all --for=jsonpath={.status.phase}=Running --timeout=120s");
    const before = await quiet();
    for (let pass = 0; pass < 10; pass += 1) {
      const done = await reconciles();
      for (const name of names) {
        const url = `/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments/${name}/reconcile`;
        await run(["create", "--raw", url, "-f", "-"], "{}");
      }
      await eventually("the passes", async () =>
        (await reconciles()) >= done + names.length ? true : undefined,
      );
    }
    expect(await revisions()).toBe(before);
  });

  test("a paused deployment is left alone until it goes on", async () => {
    await run(["patch", "mdep", "qwen-small", "--type=merge", "-p", '{"spec":{"paused":true}}']);
    await run("wait mdep/qwen-small --for=condition=Paused --timeout=120s");
    await run("scale deployment qwen-small --replicas=5");
    await quiet();
    expect(await run("get deployment qwen-small -o jsonpath={.spec.replicas}")).toBe("5");
    await run(["patch", "mdep", "qwen-small", "--type=merge", "-p", '{"spec":{"paused":false}}']);
    await eventually("the rendered form", async () =>
      (await run("get deployment qwen-small -o jsonpath={.spec.replicas}")) === "1" ? true : undefined,
    );
  });

  test("another provider takes over: the new resource is there and the old one gone", async () => {
    const patch = { spec: { provider: { name: "kaito" }, model: { id: "phi-4-mini-instruct" } } };
    await run(["patch", "mdep", "qwen-small", "--type=merge", "-p", JSON.stringify(patch)]);
    await eventually("the Workspace", async () =>
      (await kubectl("get workspace qwen-small")).code === 0 ? true : undefined,
    );
    await eventually("the Deployment to go", async () =>
      (await kubectl("get deployment qwen-small")).stderr.includes("NotFound") ? true : undefined,
    );
    await run("wait mdep/qwen-small --for=jsonpath={.status.phase}=Running --timeout=120s");
  });
});

describe("objects of the former system", () => {
  const folder = path.join(repository, "test/fixtures/airunway");
  const served = [
    "auto-selected.yaml",
    "cpu-llamacpp-kaito.yaml",
    "custom-image.yaml",
    "paused-exported.yaml",
  ];

  test.each(readdirSync(folder).filter((file) => served.includes(file)))(
    "%s is accepted with only its apiVersion changed and reads back in both versions",
    async (file) => {
      const text = readFileSync(path.join(folder, file), "utf8").replace(
        /airunway\.ai\/v1alpha1/,
        "hawsepipe.dev/v1alpha1",
      );
      await kubectl("create secret generic hf-token --from-literal=HF_TOKEN=x");
      const namespace = /namespace: (\S+)/.exec(text)?.[1] ?? "default";
      await kubectl(`create namespace ${namespace}`);
      await kubectl(`create secret generic hf-token -n ${namespace} --from-literal=HF_TOKEN=x`);
      const name = (await run("apply -f - -o name", text)).trim().split("/")[1] ?? "";
      type Written = { spec: Record<string, unknown> };
      const { parse } = await import("yaml");
      const given = parse(text) as Written;
      const old = JSON.parse(
        await run(`get modeldeployments.v1alpha1.hawsepipe.dev ${name} -n ${namespace} -o json`),
      ) as Written;
      expect(old.spec).toMatchObject(given.spec);
      expect(
        await run(`get modeldeployments.v1alpha2.hawsepipe.dev ${name} -n ${namespace} -o name`),
      ).toContain(name);
    },
  );
});

describe("the invalid samples", () => {
  const folder = path.join(repository, "manifests/invalid-samples");

  test.each(readdirSync(folder))("%s gets the message it says", async (file) => {
    const expected = /^# expect: (.*)$/m.exec(readFileSync(path.join(folder, file), "utf8"))?.[1];
    expect(expected).toBeDefined();
    const { code, stderr } = await kubectl(["apply", "-f", path.join(folder, file)]);
    expect(code).toBe(1);
    expect(stderr).toContain(expected);
  });
});
