import { expect, test } from "vitest";
import type { Target } from "./target.ts";
import { toolsOf } from "./target.ts";

/** What kubectl does with LlamaStackDistributions, of either version and in the forms people write. */
export function stacks(target: () => Target): void {
  const { kubectl, run } = toolsOf(target);
  const stack = (name: string, spec: object = {}): object => ({
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name },
    spec: { distribution: { name: "starter" }, ...spec },
  });
  const older = (name: string, server: object = {}): object => ({
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "LlamaStackDistribution",
    metadata: { name },
    spec: { server: { distribution: { name: "starter" }, ...server } },
  });
  const read = (name: string, jsonpath: string): Promise<string> =>
    run(["get", "llsd", name, "-o", `jsonpath=${jsonpath}`]);

  test("their kind is listed and explained", async () => {
    expect(await run("api-resources --api-group=hawsepipe.dev -o wide")).toMatch(
      /llamastackdistributions\s+llsd\s+hawsepipe\.dev\/v1alpha2\s+true\s+LlamaStackDistribution .*all,hawsepipe/,
    );
    expect(await run("explain llsd.spec.networking.expose")).toMatch(/hostname\s+<string>/);
    expect(await run("explain llsd.spec.server --api-version=hawsepipe.dev/v1alpha1")).toMatch(
      /distribution\s+<Object> -required-/,
    );
  });

  test("an object of the older version is one of the newer, and stays what it was", async () => {
    await run("apply -f -", older("aged", { containerSpec: { name: "other", port: 9000 } }));
    expect(await read("aged", "{.apiVersion} {.spec.networking.port}")).toBe("hawsepipe.dev/v1alpha2 9000");
    const old = "get llamastackdistributions.v1alpha1.hawsepipe.dev aged -o jsonpath={.spec}";
    expect(JSON.parse(await run(old))).toEqual({
      replicas: 1,
      server: { distribution: { name: "starter" }, containerSpec: { name: "other", port: 9000 } },
    });
    expect(await run("get llamastackdistributions.v1alpha1.hawsepipe.dev aged")).toMatch(
      /^NAME\s+PHASE\s+OPERATOR VERSION\s+SERVER VERSION\s+AVAILABLE\s+AGE/,
    );
  });

  test("short forms are stored in full, and applying them again changes nothing", async () => {
    const short = stack("short", { networking: { expose: true }, disabled: ["eval"] });
    await run("apply -f -", short);
    expect(await read("short", "{.spec.networking.expose}")).toBe('{"enabled":true}');
    await run("apply -f -", short);
    expect(await read("short", "{.metadata.generation}")).toBe("1");
  });

  test("a change is refused with the author's own field, and nothing is stored of it", async () => {
    await run("apply -f -", stack("kept"));
    const apiKey = { secretKeyRef: { name: "absent", key: "k" } };
    const inference = [{ provider: "vllm", endpoint: "http://v/v1", apiKey }];
    const refused = await kubectl("apply -f -", stack("kept", { providers: { inference } }));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'spec.providers.inference[0].apiKey.secretKeyRef.name: Not found: "absent"',
    );
    expect(await read("kept", "{.spec}")).toBe('{"distribution":{"name":"starter"}}');
    const unknown = await kubectl("create -f -", older("unknown", { distribution: { name: "nope" } }));
    expect(unknown.stderr).toContain(
      'spec.server.distribution.name: Invalid value: "nope": Unknown distribution',
    );
  });

  test("what it is rendered to is tried before it is stored", async () => {
    const refused = await kubectl(
      "create -f -",
      stack("tried", { workload: { overrides: { volumes: [{ name: "a" }, { name: "b", colour: "red" }] } } }),
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("spec.workload.overrides.volumes[1].colour: Invalid value");
  });

  test("delete takes them away", async () => {
    await run("delete llsd aged short kept --timeout=120s");
    expect(await run("get llsd -o name")).toBe("");
  });
}
