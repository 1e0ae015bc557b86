import { eventually } from "../../support/kubectl.ts";
import { readCredentials, Wire } from "../twins/wire.ts";

/** Resolves when the provider that all clients name in their objects may be used. */
export async function providerReady(kubeconfig: string): Promise<void> {
  const wire = new Wire(readCredentials(kubeconfig));
  try {
    await eventually("the provider vllm to be ready", async () => {
      const path = "/apis/hawsepipe.dev/v1alpha1/inferenceproviders/vllm";
      const { status, body } = await wire.send({ method: "GET", path, headers: {} });
      if (status !== 200) throw new Error(body);
      const provider = JSON.parse(body) as { readonly status?: { readonly ready?: boolean } };
      return provider.status?.ready === true ? true : undefined;
    });
  } finally {
    wire.close();
  }
}
