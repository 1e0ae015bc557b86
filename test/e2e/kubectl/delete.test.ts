import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aDeployment } from "../../support/objects.ts";
import type { Kubectl } from "../../support/kubectl.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let kubectl: Kubectl;
let run: ReturnType<typeof succeeding>;

beforeAll(async () => {
  server = await startStandalone({ flags: ["--simulator"] });
  kubectl = kubectlFor(server.kubeconfig);
  run = succeeding(kubectl);
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

const isGone = async (what: string): Promise<true | undefined> => {
  const { stderr } = await kubectl(`get ${what}`);
  return stderr.includes("NotFound") ? true : undefined;
};
const create = async (name: string, namespace = "default"): Promise<void> => {
  await run("create -f -", aDeployment(name, {}, namespace));
  await eventually(`Deployment ${name}`, async () =>
    (await kubectl(`get deploy ${name} -n ${namespace}`)).code === 0 ? true : undefined,
  );
};

describe("kubectl deletes ModelDeployments", () => {
  test.each(["background", "foreground"])(
    "%s deletion takes the rendered resources along",
    async (cascade) => {
      const name = `gone-${cascade}`;
      await create(name);
      await run(`delete mdep ${name} --cascade=${cascade} --timeout=120s`);
      expect(await isGone(`mdep ${name}`)).toBe(true);
      await eventually("the Deployment to go", () => isGone(`deploy ${name}`));
      await eventually("the Service to go", () => isGone(`svc ${name}`));
    },
  );

  test("orphan deletion leaves the rendered resources, without an owner", async () => {
    await create("orphan");
    await run("delete mdep orphan --cascade=orphan --timeout=120s");
    expect(await isGone("mdep orphan")).toBe(true);
    expect(await run("get deploy orphan -o jsonpath={.metadata.ownerReferences}")).toBe("");
  });

  test("a namespace goes with everything in it", async () => {
    await run("create namespace short-lived");
    await create("inside", "short-lived");
    await run("delete namespace short-lived --timeout=120s");
    expect(await isGone("namespace short-lived")).toBe(true);
    const late = await kubectl("create -f -", aDeployment("late", {}, "short-lived"));
    expect(late.stderr).toContain('namespaces "short-lived" not found');
  });
});
