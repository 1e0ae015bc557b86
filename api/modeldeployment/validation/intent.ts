import type { FieldError } from "../../../machinery/field/error.ts";
import { forbidden } from "../../../machinery/field/error.ts";
import type { ModelDeployment } from "../v1alpha2/types.ts";

/** What the API knows of but does not do, each with what does it; and settings that contradict each other. */
export function validateIntent({ spec }: ModelDeployment): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.autoscaling !== undefined) {
    errors.push(
      forbidden(
        "spec.autoscaling",
        "is not supported; point a HorizontalPodAutoscaler or a KEDA ScaledObject at the scale subresource of this ModelDeployment",
      ),
    );
  }
  if (spec.model.lora !== undefined) {
    errors.push(
      forbidden(
        "spec.model.lora",
        "is not supported; put the adapters on a volume of spec.model.volumes and name them to the engine in spec.engine.extraArgs, for vllm with --enable-lora and --lora-modules",
      ),
    );
  }
  if (spec.provider?.failover === true && spec.updatePolicy === "Reject") {
    errors.push(
      forbidden(
        "spec.provider.failover",
        "another provider means other resources, which updatePolicy Reject forbids",
      ),
    );
  }
  return errors;
}
