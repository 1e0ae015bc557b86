import { createHash } from "node:crypto";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ProviderPackages } from "../config/external.ts";
import { givenExternals } from "../config/external.ts";
import { wheelDirectory } from "../config/provider-package.ts";
import type { MountedVolume } from "./volumes.ts";

/**
 * The code of external providers, from their images into the server's pod: each is installed by a container of its own
 * image before the server starts, without a network, into a directory the server imports from.
 */

/** A provider to install. */
export interface Installation {
  readonly id: string;
  readonly image: string;
  readonly pullPolicy: string;
  readonly wheel: string;
}

const volumeName = "external-providers";
const directory = "/external-providers";
/** Where the server imports modules from. */
export const modulePath = `${directory}/python-packages`;

/** What is to be installed, in the order of the spec; an image nobody has read is left out. */
export const installed = (
  spec: LlamaStackDistribution["spec"],
  packages: ProviderPackages,
): readonly Installation[] =>
  givenExternals(spec).flatMap(({ entry }) => {
    const provided = packages.get(entry.image);
    return provided === undefined
      ? []
      : [
          {
            id: entry.providerId,
            image: entry.image,
            pullPolicy: entry.imagePullPolicy ?? "IfNotPresent",
            wheel: provided.wheel,
          },
        ];
  });

/** The containers that install, one after the other. */
export const installers = (installations: readonly Installation[]): JsonObject[] =>
  installations.map(({ id, image, pullPolicy, wheel }) => ({
    name: installerName(id),
    image,
    imagePullPolicy: pullPolicy,
    command: [
      ...["python3", "-m", "pip", "install", "--no-index", "--no-cache-dir", "--disable-pip-version-check"],
      ...[`--find-links=${wheelDirectory}`, `--target=${modulePath}`, wheel],
    ],
    // Nobody's home directory is needed, and none may be writable.
    env: [{ name: "HOME", value: directory }],
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 1001,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: volumeName, mountPath: directory }],
  }));

/** A provider's id may be as long as a container's name. */
function installerName(id: string): string {
  const name = `install-provider-${id}`;
  if (name.length <= 63) return name;
  return `install-provider-${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}

/** What installers and server share. */
export const packageVolume = (installations: readonly Installation[]): MountedVolume[] =>
  installations.length === 0
    ? []
    : [
        {
          volume: { name: volumeName, emptyDir: { sizeLimit: "2Gi" } },
          mount: { name: volumeName, mountPath: directory, readOnly: true },
        },
      ];
