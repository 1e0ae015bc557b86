import type { externalSections, providerSections } from "../../../api/llamastackdistribution/enumerations.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";

/** The part of a LlamaStackDistribution's canonical spec that decides its server's configuration. */
export interface ConfigSpec {
  readonly distribution: { readonly name?: string; readonly image?: string };
  readonly providers?: Readonly<Partial<Record<ProviderSection, readonly ProviderEntry[]>>>;
  readonly resources?: {
    readonly models?: readonly ModelEntry[];
    readonly tools?: readonly string[];
    readonly shields?: readonly string[];
  };
  readonly storage?: {
    readonly kv?: { readonly type?: string; readonly endpoint?: string; readonly password?: SecretSource };
    readonly sql?: { readonly type?: string; readonly connectionString?: SecretSource };
  };
  readonly disabled?: readonly string[];
  readonly networking?: {
    readonly port?: number;
    readonly tls?: { readonly enabled?: boolean; readonly secretName?: string };
  };
  readonly workload?: {
    readonly workers?: number;
    readonly storage?: { readonly mountPath?: string };
    readonly overrides?: { readonly env?: readonly { readonly name: string }[] };
  };
  readonly externalProviders?: Readonly<Partial<Record<ExternalSection, readonly ExternalEntry[]>>>;
  readonly overrideConfig?: { readonly configMapName: string };
}

/** A key of a Secret; its value never reaches the renderer. */
export interface SecretSource {
  readonly secretKeyRef: { readonly name: string; readonly key: string };
}

export interface ProviderEntry {
  readonly id?: string;
  readonly provider: string;
  readonly endpoint?: string;
  readonly apiKey?: SecretSource;
  readonly secretRefs?: Readonly<Record<string, SecretSource>>;
  readonly settings?: JsonObject;
}

export interface ModelEntry {
  readonly name: string;
  readonly provider?: string;
  readonly contextLength?: number;
  readonly modelType?: string;
  readonly quantization?: string;
}

/** A provider whose code comes in an image of its own; what it is stands in the image. */
export interface ExternalEntry {
  readonly providerId: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly config?: JsonObject;
}

export type ProviderSection = (typeof providerSections)[number];
export type ExternalSection = (typeof externalSections)[number];
