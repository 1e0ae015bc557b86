/**
 * Tells the cluster which CA to trust when it has our kinds converted: `caBundle` in the CRDs. The replicas share one
 * certificate, so each of them may do it, and whoever comes second finds nothing to write.
 */
import { conversions } from "../../conversion/registry.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { CertificateSource } from "../../server/tls/certificate-source.ts";

export interface ConversionTrustOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly certificates: CertificateSource;
  readonly signal: AbortSignal;
}

const definitions: ResourceRef = {
  group: "apiextensions.k8s.io",
  version: "v1",
  resource: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** Somebody may have applied the manifests, which carry no bundle, over ours. */
const againMs = 60_000;
/** Until the bundle is there no object of another version can be read, so a failure is tried again soon. */
const againSoonMs = 2000;

/** Keeps the bundles right until the signal aborts; nothing to do where the source knows no CA. */
export async function keepConversionTrust(options: ConversionTrustOptions): Promise<void> {
  const { clock, certificates, signal, logger } = options;
  let wake = (): void => undefined;
  const wakeUp = (): void => {
    wake();
  };
  certificates.onChange(wakeUp);
  signal.addEventListener("abort", wakeUp, { once: true });
  while (!signal.aborted) {
    const { authorities } = certificates.current;
    if (authorities === undefined) return;
    let next = againMs;
    try {
      for (const { resource } of conversions) await trust(options.client, resource, authorities);
    } catch (err) {
      next = againSoonMs;
      logger.warn({ err }, "the CA bundle of a conversion could not be written and will be again");
    }
    await new Promise<void>((resolve) => {
      const cancel = clock.setTimeout(resolve, next);
      wake = () => {
        cancel();
        resolve();
      };
      if (isAborted(signal)) wake();
    });
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function trust(client: Client, name: string, authorities: string): Promise<void> {
  const definition = await client.get(definitions, { name }).catch((error: unknown) => {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  });
  if (definition === undefined) return;
  const config = ["spec", "conversion", "webhook", "clientConfig"] as const;
  const caBundle = Buffer.from(authorities).toString("base64");
  const current = getPath(asJson(definition), ...config);
  if (current === undefined || getPath(current, "caBundle") === caBundle) return;
  await client.mergePatch(
    definitions,
    { name },
    { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } },
  );
}
