import { failoverAnnotation } from "../admission/failover.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import type { EventNote } from "./events.ts";
import { classify, messageOf } from "./failure.ts";
import { fieldManager, modelDeployments } from "./names.ts";

/** What became of the wish to leave a provider. */
export interface FailoverOutcome {
  /** As it is stored now; absent when nothing was written. */
  readonly deployment?: ModelDeployment;
  readonly note: EventNote;
}

/** Asks admission to move the deployment to another provider. Throws when it could not be asked. */
export async function askForFailover(client: Client, deployment: ModelDeployment): Promise<FailoverOutcome> {
  const { namespace = "", name = "", uid } = deployment.metadata;
  const from = deployment.spec.provider?.name ?? "";
  const refused = (why: string): EventNote => ({
    type: "Warning",
    reason: "FailoverRefused",
    message: `provider ${from} is gone, and no other takes over: ${why}`,
  });
  try {
    const patch = { metadata: { uid, annotations: { [failoverAnnotation]: from } } };
    const { object } = await client.mergePatch(modelDeployments, { namespace, name }, patch, {
      fieldManager,
    });
    const moved = object as unknown as ModelDeployment;
    const to = moved.spec.provider?.name ?? "";
    return to === from
      ? { deployment: moved, note: refused("none that is ready and not restricted can serve it") }
      : {
          deployment: moved,
          note: { type: "Warning", reason: "FailedOver", message: `from provider ${from} to ${to}` },
        };
  } catch (error) {
    if (classify(error) !== "invalid") throw error;
    return { note: refused(messageOf(error)) };
  }
}
