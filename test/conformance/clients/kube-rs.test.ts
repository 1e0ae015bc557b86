/** kube-rs: watchers with streaming lists and with pages, a reflector, and apply. */
import { cargoUnavailable, kubeRsClient } from "./slow.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "kube-rs",
  unavailable: cargoUnavailable(),
  build: kubeRsClient,
  checks: [
    "watcher: a streaming list tells what is there, says when that was all, and goes on",
    "watcher: a list in pages tells the same",
    "watcher: of metadata alone, with a streaming list",
    "reflector: the store of a streaming list ends equal to a list",
    "apply: a conflict names the manager, force takes the field over",
  ],
});
