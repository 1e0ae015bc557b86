package dev.hawsepipe.clients;

import static dev.hawsepipe.clients.Deployments.equal;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.autoscaling.v1.Scale;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;

/** Updates, server-side apply, status and scale. */
final class WriteChecks {
  static void addTo(Map<String, Main.Check> checks) {
    checks.put("update: an old copy is refused, an edit of what is there is not", WriteChecks::updates);
    checks.put("server-side apply: a conflict names the manager, force takes the field over", WriteChecks::applies);
    checks.put("scale: the subresource changes the replicas", WriteChecks::scales);
  }

  private static KubernetesClientException refused(Runnable call, int code, String words) {
    try {
      call.run();
    } catch (KubernetesClientException refusal) {
      equal(refusal.getCode(), code, "code");
      if (!refusal.getStatus().getMessage().contains(words)) {
        throw new AssertionError("the refusal does not say '" + words + "': " + refusal.getStatus().getMessage());
      }
      return refusal;
    }
    throw new AssertionError("not refused");
  }

  private static void updates(Deployments deployments) {
    GenericKubernetesResource stale = deployments.create("one");
    GenericKubernetesResource edited = deployments.label("one");
    equal(edited.getMetadata().getLabels(), Map.of("changed", "yes"), "labels");
    refused(() -> deployments.api().resource(stale).update(), 409, "the object has been modified");
    refused(() -> deployments.create("one"), 409, "already exists");
  }

  private static GenericKubernetesResource apply(Deployments deployments, String manager, String model, boolean force) {
    PatchContext context =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(manager)
            .withForce(force)
            .build();
    return deployments.api().resource(deployments.build("one", model)).patch(context);
  }

  private static void applies(Deployments deployments) {
    equal(apply(deployments, "first", "Qwen/Qwen3-0.6B", false).getMetadata().getGeneration(), 1L, "generation");
    KubernetesClientException refusal =
        refused(() -> apply(deployments, "second", "Qwen/Qwen3-8B", false), 409, "conflict with \"first\"");
    equal(refusal.getStatus().getDetails().getCauses().get(0).getField(), ".spec.model.id", "field of the cause");
    GenericKubernetesResource forced = apply(deployments, "second", "Qwen/Qwen3-8B", true);
    equal(forced.get("spec", "model", "id"), "Qwen/Qwen3-8B", "spec.model.id");
  }

  private static void scales(Deployments deployments) {
    deployments.create("one");
    deployments.api().withName("one").scale(3);
    GenericKubernetesResource scaled = deployments.api().withName("one").get();
    equal(scaled.get("spec", "serving", "replicas"), 3, "spec.serving.replicas");
    Scale scale = deployments.api().withName("one").scale();
    equal(scale.getSpec().getReplicas(), 3, "spec.replicas of the scale");
  }

  private WriteChecks() {}
}
