import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { FieldPath } from "../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../machinery/json/value.ts";
import { transformers } from "../transformers/registry.ts";

/** The kinds of reference, named as in the policy of a provider. */
export type ReferenceKind = "secrets" | "configMaps" | "persistentVolumeClaims";

/** Something that must exist, and the hub path that names it. */
export interface Reference {
  readonly kind: ReferenceKind;
  readonly name: string;
  /** Absent: the namespace of the object that refers to it. */
  readonly namespace?: string;
  readonly path: string;
}

/** Where overrides of any provider can hold a pod spec; what one provider means by a path is nothing to another. */
const podSpecsInOverrides: ReadonlySet<string> = new Set(
  transformers.flatMap(({ podSpecs, componentOverrides = [] }) =>
    Object.values(podSpecs)
      .flat()
      .flatMap((path) => [path, ...componentOverrides.map((key) => `${key}.${path}`)]),
  ),
);

/** Everything the deployment refers to by name, wherever it may; what is marked optional is left out. */
export function referencesOf({ spec }: ModelDeployment): Reference[] {
  const found: Reference[] = [];
  const secret = spec.model.tokenSecretRef;
  if (secret !== undefined) {
    found.push({ kind: "secrets", name: secret.name, path: "spec.model.tokenSecretRef.name" });
  }
  for (const [i, { size, claimName }] of (spec.model.volumes ?? []).entries()) {
    if (size !== undefined || claimName === undefined || claimName === "") continue;
    const path = `spec.model.volumes[${String(i)}].claimName`;
    found.push({ kind: "persistentVolumeClaims", name: claimName, path });
  }
  const workload = FieldPath.of("spec", "workload");
  found.push(...ofEnv(spec.workload?.env, workload.child("env")));
  found.push(...ofPod(spec.workload?.podTemplate?.spec, workload.child("podTemplate").child("spec")));
  const overrides = FieldPath.of("spec", "provider", "overrides");
  for (const pattern of podSpecsInOverrides) {
    for (const [pod, at] of places(spec.provider?.overrides, overrides, pattern.split("."))) {
      found.push(...ofPod(pod, at));
    }
  }
  return found;
}

/** Every place where a pattern leads. */
function places(
  value: JsonValue | undefined,
  at: FieldPath,
  [step, ...rest]: readonly string[],
): (readonly [JsonValue, FieldPath])[] {
  if (value === undefined) return [];
  if (step === undefined) return [[value, at]];
  if (step === "[]") return entries(value, at).flatMap(([item, path]) => places(item, path, rest));
  if (!isObject(value)) return [];
  const keys = step === "*" ? Object.keys(value) : [step];
  return keys.flatMap((key) => places(getKey(value, key), at.child(key), rest));
}

type Entry = readonly [item: JsonObject, at: FieldPath];

/** The objects of a list, with their paths. */
function entries(value: JsonValue | undefined, at: FieldPath): Entry[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, i): Entry[] => (isObject(item) ? [[item, at.index(i)]] : []));
}

/** What a list of environment variables refers to. */
export function ofEnv(env: JsonValue | undefined, at: FieldPath): Reference[] {
  return entries(env, at).flatMap(([variable, path]) => {
    const from = getKey(variable, "valueFrom");
    if (!isObject(from)) return [];
    const source = path.child("valueFrom");
    return [
      ...named(from, "secretKeyRef", "secrets", source),
      ...named(from, "configMapKeyRef", "configMaps", source),
    ];
  });
}

function ofPod(pod: JsonValue | undefined, at: FieldPath): Reference[] {
  if (!isObject(pod)) return [];
  const containers = ["containers", "initContainers"].flatMap((list) =>
    entries(getKey(pod, list), at.child(list)).flatMap(([container, path]) => [
      ...ofEnv(getKey(container, "env"), path.child("env")),
      ...entries(getKey(container, "envFrom"), path.child("envFrom")).flatMap(([source, sourceAt]) => [
        ...named(source, "secretRef", "secrets", sourceAt),
        ...named(source, "configMapRef", "configMaps", sourceAt),
      ]),
    ]),
  );
  const volumes = ofVolumes(getKey(pod, "volumes"), at.child("volumes"));
  const pullSecrets = entries(getKey(pod, "imagePullSecrets"), at.child("imagePullSecrets")).flatMap(
    ([reference, path]) => nameAt(reference, "name", "secrets", path),
  );
  return [...containers, ...volumes, ...pullSecrets];
}

/** What a list of volumes refers to. */
export function ofVolumes(volumes: JsonValue | undefined, at: FieldPath): Reference[] {
  return entries(volumes, at).flatMap(([volume, path]) => [
    ...ofVolumeSource(volume, path),
    ...entries(getPath(volume, "projected", "sources"), path.child("projected").child("sources")).flatMap(
      ([source, sourceAt]) => [
        ...named(source, "secret", "secrets", sourceAt),
        ...named(source, "configMap", "configMaps", sourceAt),
      ],
    ),
  ]);
}

function ofVolumeSource(volume: JsonObject, at: FieldPath): Reference[] {
  const secret = getKey(volume, "secret");
  const claim = getKey(volume, "persistentVolumeClaim");
  return [
    ...(isObject(secret) && getKey(secret, "optional") !== true
      ? nameAt(secret, "secretName", "secrets", at.child("secret"))
      : []),
    ...named(volume, "configMap", "configMaps", at),
    ...(isObject(claim)
      ? nameAt(claim, "claimName", "persistentVolumeClaims", at.child("persistentVolumeClaim"))
      : []),
  ];
}

/** A reference object with `name` and perhaps `optional` at a key. */
function named(object: JsonObject, key: string, kind: ReferenceKind, at: FieldPath): Reference[] {
  const reference = getKey(object, key);
  if (!isObject(reference) || getKey(reference, "optional") === true) return [];
  return nameAt(reference, "name", kind, at.child(key));
}

function nameAt(object: JsonObject, field: string, kind: ReferenceKind, at: FieldPath): Reference[] {
  const name = getKey(object, field);
  if (typeof name !== "string" || name === "") return [];
  return [{ kind, name, path: at.child(field).toString() }];
}
