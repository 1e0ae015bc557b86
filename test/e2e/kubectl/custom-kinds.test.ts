import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, repository, startStandalone } from "../../support/standalone.ts";

describe("--crds serves a kind of the reader's own", () => {
  let server: StandaloneServer;
  let kubectl: Kubectl;
  let run: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    server = await startStandalone({ flags: ["--crds", path.join(repository, "test/fixtures/crds")] });
    kubectl = kubectlFor(server.kubeconfig);
    run = succeeding(kubectl);
  });
  afterAll(async () => {
    await server.stop();
    removeDirectory(server.dataDir);
  });

  const ferry = (name: string, spec: object): object => ({
    apiVersion: "harbour.example.com/v1",
    kind: "Ferry",
    metadata: { name },
    spec,
  });

  test("with its defaults and columns", async () => {
    await run("create -f -", ferry("anna", { route: "north", stops: [{ name: "pier" }] }));
    expect(
      await run("get ferry anna -o jsonpath={.spec.capacity}/{.spec.cars}/{.spec.stops[0].minutes}"),
    ).toBe("40/0/5");
    const [header, row] = (await run("get fy")).trim().split("\n");
    expect(header).toMatch(/^NAME\s+ROUTE\s+CARS$/);
    expect(row).toMatch(/^anna\s+north\s+0$/);
    expect(await run("get boats --field-selector=spec.route=north -o name")).toContain(
      "ferry.harbour.example.com/anna",
    );
  });

  test("with its rules, also on transitions", async () => {
    const full = await kubectl("create -f -", ferry("berta", { route: "south", cars: 50 }));
    expect(full.stderr).toContain("spec: Invalid value:");
    expect(full.stderr).toContain("more cars than the ferry takes");
    await run("create -f -", ferry("carla", { route: "south" }));
    const moved = await kubectl([
      "patch",
      "ferry",
      "carla",
      "--type=merge",
      "-p",
      '{"spec":{"route":"east"}}',
    ]);
    expect(moved.stderr).toContain("a ferry stays on its route");
  });

  test("with server-side apply over its list of maps", async () => {
    const stop = (name: string): object => ferry("dora", { route: "west", stops: [{ name }] });
    await run("apply --server-side --field-manager=a -f -", stop("first"));
    await run("apply --server-side --field-manager=b -f -", stop("second"));
    expect(await run("get ferry dora -o jsonpath={.spec.stops[*].name}")).toBe("first second");
    await run("apply --server-side --field-manager=a -f -", ferry("dora", { route: "west" }));
    expect(await run("get ferry dora -o jsonpath={.spec.stops[*].name}")).toBe("second");
  });

  test("with status, scale and explain", async () => {
    await run("create -f -", ferry("emma", { route: "north" }));
    await run("scale ferry emma --replicas=7");
    expect(await run("get ferry emma -o jsonpath={.spec.cars}")).toBe("7");
    await run([
      "patch",
      "ferry",
      "emma",
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":{"cars":3},"spec":{"cars":1}}',
    ]);
    expect(await run("get ferry emma -o jsonpath={.status.cars}/{.spec.cars}")).toBe("3/7");
    expect(await run("explain ferry.spec.stops")).toMatch(/minutes\s+<integer>/);
  });
});

const realCrds = process.env["HAWSEPIPE_CRDS"];

describe.skipIf(realCrds === undefined || !existsSync(realCrds))(
  "--crds with the providers' own definitions",
  () => {
    let server: StandaloneServer;
    let kubectl: Kubectl;

    beforeAll(async () => {
      server = await startStandalone({ flags: ["--crds", realCrds ?? ""] });
      kubectl = kubectlFor(server.kubeconfig);
    });
    afterAll(async () => {
      await server.stop();
      removeDirectory(server.dataDir);
    });

    test("a Workspace that Hawsepipe writes is right by KAITO's own schema", async () => {
      const object = aDeployment("phi", {
        provider: { name: "kaito" },
        model: { id: "phi-4-mini-instruct" },
      });
      expect((await kubectl("apply -f -", object)).stderr).toBe("");
      const stdout = await eventually("the Workspace", async () => {
        const read = await kubectl("get workspace phi -o yaml");
        return read.code === 0 ? read.stdout : undefined;
      });
      // Served by KAITO's definition: both versions, and its default.
      expect((await kubectl("get workspaces.v1alpha1.kaito.sh phi -o name")).stdout).toContain(
        "workspace.kaito.sh/phi",
      );
      expect(stdout).toContain("accessMode: public");
    });

    test("an unknown field in an override is refused with its path", async () => {
      const object = aDeployment("typo", {
        provider: { name: "kaito", overrides: { inference: { preset: { presetOptions: { imagee: "x" } } } } },
        model: { id: "phi-4-mini-instruct" },
      });
      const { code, stderr } = await kubectl("apply -f -", object);
      expect(code).toBe(1);
      expect(stderr).toContain("inference.preset.presetOptions.imagee");
    });

    test.each(["rayservices.ray.io", "dynamographdeployments.nvidia.com"])(
      "%s can be explained and listed",
      async (resource) => {
        expect((await kubectl(`get ${resource} -A`)).stderr).toContain("No resources found");
        expect((await kubectl(`explain ${resource}.spec`)).stdout).toContain("FIELDS:");
      },
    );
  },
);
