package dev.hawsepipe.clients;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs the checks of fabric8's client against the cluster KUBECONFIG names: one line of JSON for each. */
public final class Main {
  /** One behaviour, checked in a namespace of its own. */
  interface Check {
    void run(Deployments deployments) throws Exception;
  }

  public static void main(String[] args) {
    Map<String, Check> checks = new LinkedHashMap<>();
    InformerChecks.addTo(checks);
    WriteChecks.addTo(checks);
    Config config = Config.fromKubeconfig(new File(System.getenv("KUBECONFIG")));
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      checks.forEach((name, check) -> System.out.println(line(client, name, check)));
    }
  }

  private static String line(KubernetesClient client, String name, Check check) {
    Namespace wanted = new NamespaceBuilder().withNewMetadata().withGenerateName("fabric8-").endMetadata().build();
    String namespace = client.resource(wanted).create().getMetadata().getName();
    Map<String, Object> line = new LinkedHashMap<>();
    long began = System.nanoTime();
    line.put("check", name);
    line.put("ok", true);
    try {
      check.run(new Deployments(client, namespace));
    } catch (Exception | AssertionError failure) {
      line.put("ok", false);
      line.put("error", failure.toString());
    }
    line.put("milliseconds", (System.nanoTime() - began) / 1_000_000);
    return Serialization.asJson(line).replace("\n", "");
  }

  private Main() {}
}
