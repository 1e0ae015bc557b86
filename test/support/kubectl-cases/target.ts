import type { KubeObject } from "../../../api/meta/types.ts";
import type { Kubectl } from "../kubectl.ts";
import { kubectlFor, succeeding } from "../kubectl.ts";
import { aDeployment } from "../objects.ts";

/** A server in any of its forms and a user of it, who may write in one namespace; what works in one works in all. */
export interface Target {
  /** Of the user, with the namespace as the current one. */
  readonly kubeconfig: string;
  readonly namespace: string;
  /** For the test's own files. */
  readonly directory: string;
  /** The user's name, or a group of his. */
  readonly user: string;
  /** Whether the kinds have all their subresources; CRDs can have status and scale only. */
  readonly hasManifests: boolean;
}

/** What cases do most. A target exists only once `beforeAll` has run, so everything asks for it. */
export interface Tools {
  readonly kubectl: Kubectl;
  readonly run: ReturnType<typeof succeeding>;
  /** A small ModelDeployment in the target's namespace. */
  readonly aDeployment: (name: string, spec?: Readonly<Record<string, object>>) => KubeObject;
}

/** Tools bound to a target that comes later. */
export function toolsOf(target: () => Target): Tools {
  const kubectl: Kubectl = (args, input) => kubectlFor(target().kubeconfig)(args, input);
  return {
    kubectl,
    run: succeeding(kubectl),
    aDeployment: (name, spec = {}) => aDeployment(name, spec, target().namespace),
  };
}
