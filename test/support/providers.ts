import { eventually } from "./kubectl.ts";

/**
 * Resolves when kaito, llmd and vllm are ready. Nobody plays KAITO's operator, so the InferenceProvider is told that there is
 * none to look for, as an administrator would.
 */
export async function readyProviders(
  run: (args: string | readonly string[]) => Promise<string>,
): Promise<void> {
  const operator = JSON.stringify({ spec: { operator: { deployments: [] } } });
  await eventually("the providers to be ready", async () => {
    await run(["patch", "inferenceprovider", "kaito", "--type=merge", "-p", operator]);
    const ready = await run("get inferenceproviders kaito llmd vllm -o jsonpath={.items[*].status.ready}");
    return ready === "true true true" ? true : undefined;
  });
}
