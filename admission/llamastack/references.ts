import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import { givenProviders } from "../../transformers/llamastack/config/provider-ids.ts";
import type { Reference } from "../reference-paths.ts";
import { ofEnv, ofVolumes } from "../reference-paths.ts";

/** A reference, and the keys that must be in what it leads to. */
export interface StackReference extends Reference {
  readonly keys?: readonly StackKey[];
}

/** A key, and the hub path that names it. */
export interface StackKey {
  readonly key: string;
  readonly path: string;
}

type SecretSource = NonNullable<
  NonNullable<NonNullable<LlamaStackDistribution["spec"]["storage"]>["kv"]>["password"]
>;

/** Everything a distribution refers to by name; what has no effect or is marked optional is left out. */
export function stackReferences({ metadata, spec }: LlamaStackDistribution): StackReference[] {
  const { storage, networking, workload } = spec;
  const { overrides } = workload ?? {};
  const at = FieldPath.of("spec");
  const overridesAt = at.child("workload").child("overrides");
  return [
    ...ofProviders(spec),
    ...(storage?.kv?.type === "redis"
      ? ofSecret(storage.kv.password, FieldPath.of("spec", "storage", "kv", "password"))
      : []),
    ...(storage?.sql?.type === "postgres"
      ? ofSecret(storage.sql.connectionString, FieldPath.of("spec", "storage", "sql", "connectionString"))
      : []),
    ...ofServerCertificate(networking?.tls),
    ...ofAuthorities(networking?.tls?.caBundle, metadata.namespace ?? ""),
    ...ofEnv(overrides?.env, overridesAt.child("env")),
    ...ofVolumes(overrides?.volumes, overridesAt.child("volumes")),
    ...(spec.overrideConfig === undefined
      ? []
      : [
          {
            kind: "configMaps",
            name: spec.overrideConfig.configMapName,
            path: "spec.overrideConfig.configMapName",
          } as const,
        ]),
  ];
}

function ofProviders(spec: LlamaStackDistribution["spec"]): StackReference[] {
  return givenProviders(spec).flatMap(({ entry, path }) => [
    ...ofSecret(entry.apiKey, path.child("apiKey")),
    ...Object.entries(entry.secretRefs ?? {}).flatMap(([key, source]) =>
      ofSecret(source, path.child("secretRefs").key(key)),
    ),
  ]);
}

function ofSecret(source: SecretSource | undefined, at: FieldPath): StackReference[] {
  if (source === undefined) return [];
  const { name, key } = source.secretKeyRef;
  const path = at.child("secretKeyRef");
  return [
    {
      kind: "secrets",
      name,
      path: path.child("name").toString(),
      keys: [{ key, path: path.child("key").toString() }],
    },
  ];
}

type Tls = NonNullable<NonNullable<LlamaStackDistribution["spec"]["networking"]>["tls"]>;

function ofServerCertificate(tls: Tls | undefined): StackReference[] {
  if (tls?.enabled !== true || tls.secretName === undefined) return [];
  const path = "spec.networking.tls.secretName";
  const keys = ["tls.crt", "tls.key"].map((key) => ({ key, path }));
  return [{ kind: "secrets", name: tls.secretName, path, keys }];
}

/** Where the certificates are when no keys are named. */
const usualKey = "ca-bundle.crt";

function ofAuthorities(bundle: Tls["caBundle"], ownNamespace: string): StackReference[] {
  if (bundle === undefined) return [];
  const at = FieldPath.of("spec", "networking", "tls", "caBundle");
  const { configMapName: name, configMapNamespace: namespace = "", configMapKeys = [] } = bundle;
  const path = at.child("configMapName").toString();
  return [
    {
      kind: "configMaps",
      name,
      path,
      ...(namespace === "" || namespace === ownNamespace ? {} : { namespace }),
      keys:
        configMapKeys.length === 0
          ? [{ key: usualKey, path }]
          : configMapKeys.map((key, i) => ({ key, path: at.child("configMapKeys").index(i).toString() })),
    },
  ];
}
