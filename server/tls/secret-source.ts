/**
 * The built-in source: a CA and a certificate of it, kept in a Secret all replicas share. Whoever finds something to renew
 * writes it with optimistic locking, so that exactly one replica wins and the others take what it made.
 */
import { isApiError } from "../../api/errors/api-error.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { reflect } from "../../cluster/reflector.ts";
import type { Cancel, Clock } from "../../machinery/clock.ts";
import type { CertificateSource } from "./certificate-source.ts";
import { CurrentCertificate } from "./certificate-source.ts";
import type { CertificatePolicy, CertificateState } from "./certificate-state.ts";
import { bundleOf, defaultPolicy, firstState, renewState } from "./certificate-state.ts";
import { decodeState, encodeState } from "./secret-form.ts";

export interface SecretSourceOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** 0 ≤ n < 1; keeps replicas from renewing at the same moment. */
  readonly random: () => number;
  readonly namespace: string;
  readonly name: string;
  /** Names and addresses the certificate is for. */
  readonly servingNames: readonly string[];
  readonly policy?: Partial<CertificatePolicy>;
  readonly onError: (error: unknown) => void;
}

const secrets: ResourceRef = {
  group: "",
  version: "v1",
  resource: "secrets",
  kind: "Secret",
  namespaced: true,
};
const attempts = 10;
/** How often a replica looks whether something has to be renewed. */
const lookMs = 10 * 60 * 1000;

/** Serves the certificate in the Secret, and keeps the Secret good. */
export function secretCertificateSource(options: SecretSourceOptions): CertificateSource {
  const { client, clock, namespace, name } = options;
  const policy: CertificatePolicy = { ...defaultPolicy, ...options.policy, names: options.servingNames };
  const current = new CurrentCertificate();
  const end = new AbortController();
  let look: Cancel | undefined;

  const take = (state: CertificateState): void => {
    current.set({ ...state.leaf, authorities: bundleOf(state) });
  };
  const lookOn = (): void => {
    look = clock.setTimeout(
      () => {
        void agree(options, policy)
          .then(take, options.onError)
          .finally(() => {
            if (!end.signal.aborted) lookOn();
          });
      },
      lookMs * (0.9 + 0.2 * options.random()),
    );
  };
  const seen = (secret: KubeObject): void => {
    const state = secret.metadata.name === name ? decodeState(secret) : undefined;
    if (state !== undefined) take(state);
  };

  return {
    async start() {
      take(await agree(options, policy));
      lookOn();
      void reflect({
        client,
        clock,
        random: options.random,
        resource: secrets,
        namespace,
        fieldSelector: `metadata.name=${name}`,
        signal: end.signal,
        onError: options.onError,
        sink: {
          receive: (object) => object,
          replace: (objects) => {
            objects.forEach(seen);
          },
          changed: seen,
          // What is served stays good; the next look writes a new Secret.
          deleted: () => undefined,
        },
      });
    },
    get current() {
      return current.value;
    },
    onChange: (listener) => {
      current.onChange(listener);
    },
    stop() {
      end.abort();
      look?.();
    },
  };
}

/** The state all replicas agree on: what is in the Secret, renewed where it has to be. */
async function agree(options: SecretSourceOptions, policy: CertificatePolicy): Promise<CertificateState> {
  const { client, clock, namespace, name } = options;
  for (let attempt = 1; ; attempt += 1) {
    const secret = await find(options);
    const state = secret === undefined ? undefined : decodeState(secret);
    const next =
      state === undefined
        ? await firstState(policy, clock.now())
        : await renewState(state, policy, clock.now());
    if (state !== undefined && next === state) return state;
    const { annotations, ...content } = encodeState(next);
    try {
      if (secret === undefined) {
        await client.create(secrets, {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { namespace, name, annotations },
          ...content,
        });
      } else {
        const metadata = {
          ...secret.metadata,
          annotations: { ...secret.metadata.annotations, ...annotations },
        };
        // The type of a Secret cannot be changed.
        await client.update(secrets, { ...secret, data: content.data, metadata });
      }
      return next;
    } catch (error) {
      const isBeaten = ["Conflict", "AlreadyExists", "NotFound"].some((reason) =>
        isApiError(error, reason as "Conflict"),
      );
      if (!isBeaten || attempt === attempts) throw error;
    }
  }
}

async function find({ client, namespace, name }: SecretSourceOptions): Promise<KubeObject | undefined> {
  try {
    return await client.get(secrets, { namespace, name });
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  }
}
