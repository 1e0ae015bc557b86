/** fabric8's Java client. It asks for watches over WebSocket first, and takes half a minute to settle for HTTP. */
import { fabric8Client, mavenUnavailable } from "./slow.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "fabric8",
  unavailable: mavenUnavailable(),
  build: fabric8Client,
  checks: [
    "informer: in pages it fills its cache, follows changes, and ends equal to a list",
    "watch: what happens comes in order",
    "update: an old copy is refused, an edit of what is there is not",
    "server-side apply: a conflict names the manager, force takes the field over",
    "scale: the subresource changes the replicas",
  ],
});
