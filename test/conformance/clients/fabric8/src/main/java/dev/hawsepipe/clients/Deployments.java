package dev.hawsepipe.clients;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** ModelDeployments of one namespace, without generated classes. */
record Deployments(KubernetesClient client, String namespace) {
  private static final ResourceDefinitionContext CONTEXT =
      new ResourceDefinitionContext.Builder()
          .withGroup("hawsepipe.dev")
          .withVersion("v1alpha2")
          .withKind("ModelDeployment")
          .withPlural("modeldeployments")
          .withNamespaced(true)
          .build();

  NonNamespaceOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>> api() {
    return client.genericKubernetesResources(CONTEXT).inNamespace(namespace);
  }

  /** A small object that nothing is rendered for, because it is paused. */
  GenericKubernetesResource build(String name, String model) {
    GenericKubernetesResource object = new GenericKubernetesResource();
    object.setApiVersion("hawsepipe.dev/v1alpha2");
    object.setKind("ModelDeployment");
    object.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    object.setAdditionalProperty(
        "spec",
        Map.of(
            "model", Map.of("id", model),
            "engine", Map.of("type", "vllm"),
            "provider", Map.of("name", "vllm"),
            "serving", Map.of("resources", Map.of("gpu", Map.of("count", 1))),
            "paused", true));
    return object;
  }

  GenericKubernetesResource create(String name) {
    return api().resource(build(name, "Qwen/Qwen3-0.6B")).create();
  }

  /** Edits the labels of what is there, and again when somebody was faster. */
  GenericKubernetesResource label(String name) {
    while (true) {
      try {
        return api()
            .withName(name)
            .edit(
                object -> {
                  object.getMetadata().setLabels(Map.of("changed", "yes"));
                  return object;
                });
      } catch (KubernetesClientException refusal) {
        if (refusal.getCode() != 409) {
          throw refusal;
        }
      }
    }
  }

  /** What a list has of each object by name: uid and resource version. */
  Map<String, String> list() {
    return identities(api().list().getItems());
  }

  static Map<String, String> identities(Iterable<GenericKubernetesResource> objects) {
    Map<String, String> out = new TreeMap<>();
    for (GenericKubernetesResource object : objects) {
      out.put(object.getMetadata().getName(), object.getMetadata().getUid() + " " + object.getMetadata().getResourceVersion());
    }
    return out;
  }

  static void equal(Object got, Object want, String what) {
    if (!want.equals(got)) {
      throw new AssertionError(what + " is " + got + ", not " + want);
    }
  }

  /** Tries until it holds; an error when it does not within half a minute. */
  static void eventually(String what, Callable<Boolean> holds) throws Exception {
    for (Instant end = Instant.now().plus(Duration.ofSeconds(30)); Instant.now().isBefore(end); Thread.sleep(50)) {
      if (holds.call()) {
        return;
      }
    }
    throw new AssertionError(what + " did not come true");
  }
}
