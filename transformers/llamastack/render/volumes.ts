import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson } from "../../../machinery/json/value.ts";
import { tlsDirectory } from "../config/server.ts";
import { claimName } from "./claim.ts";
import { caBundleName } from "./config-maps.ts";
import { configDirectory } from "./names.ts";

/** Where the server keeps its files when nothing else is said. */
export const defaultMountPath = "/.llama";
const caDirectory = "/etc/ssl/certs/ca-bundle";
export const caBundleFile = `${caDirectory}/ca-bundle.crt`;

export const mountPathOf = ({ spec }: LlamaStackDistribution): string =>
  spec.workload?.storage?.mountPath ?? defaultMountPath;

/** A volume and where the server has it. */
export interface MountedVolume {
  readonly volume: JsonObject;
  readonly mount: JsonObject;
}

/** The volumes of the pod: the server's files, its configuration, certificate and authorities. */
export function serverVolumes(
  distribution: LlamaStackDistribution,
  { config, trusts }: { readonly config: string | undefined; readonly trusts: boolean },
): MountedVolume[] {
  const { tls } = distribution.spec.networking ?? {};
  const storage =
    distribution.spec.workload?.storage === undefined
      ? { emptyDir: {} }
      : { persistentVolumeClaim: { claimName: claimName(distribution) } };
  return [
    mounted("lls-storage", storage, { mountPath: mountPathOf(distribution) }),
    ...(config === undefined
      ? []
      : [mounted("config", { configMap: { name: config } }, { mountPath: configDirectory, readOnly: true })]),
    ...(tls?.enabled === true && tls.secretName !== undefined
      ? [
          mounted(
            "tls",
            { secret: { secretName: tls.secretName } },
            { mountPath: tlsDirectory, readOnly: true },
          ),
        ]
      : []),
    ...(trusts
      ? [
          mounted(
            "ca-bundle",
            { configMap: { name: caBundleName(distribution) } },
            { mountPath: caDirectory, readOnly: true },
          ),
        ]
      : []),
  ];
}

/** Volumes and mounts with those the user adds. */
export function withOverrides(
  { spec }: LlamaStackDistribution,
  own: readonly MountedVolume[],
): { readonly volumes: JsonObject[]; readonly volumeMounts: JsonObject[] } {
  const { volumes = [], volumeMounts = [] } = spec.workload?.overrides ?? {};
  return {
    volumes: [...own.map(({ volume }) => volume), ...cloneJson<JsonObject[]>(volumes)],
    volumeMounts: [...own.map(({ mount }) => mount), ...cloneJson<JsonObject[]>(volumeMounts)],
  };
}

const mounted = (name: string, source: JsonObject, mount: JsonObject): MountedVolume => ({
  volume: { name, ...source },
  mount: { name, ...mount },
});
