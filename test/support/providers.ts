import { eventually } from "./kubectl.ts";

/**
 * Resolves when llmd, vllm and these providers are ready. Nobody plays their operators, so the InferenceProviders are told
 * that there is none to look for, as an administrator would.
 */
export async function readyProviders(
  run: (args: string | readonly string[]) => Promise<string>,
  providers: readonly string[] = ["kaito"],
): Promise<void> {
  const operator = JSON.stringify({ spec: { operator: { deployments: [] } } });
  const wanted = [...providers, "llmd", "vllm"];
  await eventually("the providers to be ready", async () => {
    for (const name of providers) {
      await run(["patch", "inferenceprovider", name, "--type=merge", "-p", operator]);
    }
    const ready = await run([
      "get",
      "inferenceproviders",
      ...wanted,
      "-o",
      "jsonpath={.items[*].status.ready}",
    ]);
    return ready === wanted.map(() => "true").join(" ") ? true : undefined;
  });
}
