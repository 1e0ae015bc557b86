package dev.hawsepipe.clients;

import static dev.hawsepipe.clients.Deployments.equal;
import static dev.hawsepipe.clients.Deployments.eventually;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Informers in pages, and watches. */
final class InformerChecks {
  static void addTo(Map<String, Main.Check> checks) {
    checks.put("informer: in pages it fills its cache, follows changes, and ends equal to a list", InformerChecks::informer);
    checks.put("watch: what happens comes in order", InformerChecks::watch);
  }

  /** Keeps the events of each sort, and of updates whether they go forward. */
  private static final class Recorder implements ResourceEventHandler<GenericKubernetesResource> {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void onAdd(GenericKubernetesResource object) {
      events.add("added " + object.getMetadata().getName());
    }

    @Override
    public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
      if (version(after) < version(before)) {
        events.add("backwards " + after.getMetadata().getName());
      }
    }

    @Override
    public void onDelete(GenericKubernetesResource object, boolean isStateUnknown) {
      events.add("deleted " + object.getMetadata().getName());
    }
  }

  private static long version(GenericKubernetesResource object) {
    return Long.parseLong(object.getMetadata().getResourceVersion());
  }

  private static void informer(Deployments deployments) throws Exception {
    for (int i = 0; i < 5; i++) {
      deployments.create("model-" + i);
    }
    Recorder recorder = new Recorder();
    try (SharedIndexInformer<GenericKubernetesResource> informer =
        deployments.api().withLimit(2L).runnableInformer(0)) {
      informer.addEventHandler(recorder);
      informer.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
      equal(informer.getStore().list().size(), 5, "number of objects in the cache");
      deployments.api().withName("model-1").delete();
      deployments.label("model-2");
      deployments.create("model-5");
      eventually("the cache equals a list", () -> Deployments.identities(informer.getStore().list()).equals(deployments.list()));
      eventually("the deletion is told", () -> recorder.events.contains("deleted model-1"));
      equal(recorder.events.stream().filter(event -> event.startsWith("added")).count(), 6L, "number of added objects");
      equal(recorder.events.stream().filter(event -> event.startsWith("backwards")).count(), 0L, "number of steps back");
    }
  }

  private static void watch(Deployments deployments) throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Watcher<GenericKubernetesResource> watcher =
        new Watcher<>() {
          @Override
          public void eventReceived(Action action, GenericKubernetesResource object) {
            // What a status adds in between does not count.
            if (action != Action.MODIFIED) {
              events.add(action + " " + object.getMetadata().getName());
            }
          }

          @Override
          public void onClose(WatcherException cause) {
            events.add("closed " + cause.getMessage());
          }
        };
    String start = deployments.api().list().getMetadata().getResourceVersion();
    try (Watch watch = deployments.api().withResourceVersion(start).watch(watcher)) {
      deployments.create("one");
      deployments.create("two");
      deployments.api().withName("one").delete();
      for (String want : List.of("ADDED one", "ADDED two", "DELETED one")) {
        equal(events.poll(30, TimeUnit.SECONDS), want, "event");
      }
    }
  }

  private InformerChecks() {}
}
