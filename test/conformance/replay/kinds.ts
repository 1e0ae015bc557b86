/** The kinds exchanges are about, so that their paths and objects can be written short. */
import { group } from "../twins/pair.ts";

export interface ShortKind {
  readonly group: string;
  readonly kind: string;
  /** Where none is named. */
  readonly version: string;
  readonly isNamespaced: boolean;
}

const twin: ShortKind = { group, kind: "Twin", version: "v1", isNamespaced: true };

const kinds: Readonly<Record<string, ShortKind>> = {
  twins: twin,
  corners: { group, kind: "Corner", version: "v2", isNamespaced: true },
  plains: { group, kind: "Plain", version: "v1", isNamespaced: false },
  modeldeployments: {
    group: "hawsepipe.dev",
    kind: "ModelDeployment",
    version: "v1alpha2",
    isNamespaced: true,
  },
  llamastackdistributions: {
    group: "hawsepipe.dev",
    kind: "LlamaStackDistribution",
    version: "v1alpha2",
    isNamespaced: true,
  },
  inferenceproviders: {
    group: "hawsepipe.dev",
    kind: "InferenceProvider",
    version: "v1alpha1",
    isNamespaced: false,
  },
};

const short = /^(?:(v\w+):)?((\w*).*)$/;

/** `twins/a` is in the file's namespace, `v1beta1:twins/a` of another version, a path from the root is itself. */
export function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const [, version, rest = "", resource = ""] = short.exec(target) ?? [];
  const kind = kinds[resource] ?? twin;
  const namespace = kind.isNamespaced ? "namespaces/{{ns}}/" : "";
  return `/apis/${kind.group}/${version ?? kind.version}/${namespace}${rest}`;
}

/** The kind of what is at a target; a Twin where the path does not tell. */
export const kindOf = (target: string): ShortKind => kinds[short.exec(target)?.[3] ?? ""] ?? twin;
