/** controller-runtime: its client, its cache, and a controller of our kind. */
import { goClient, goUnavailable } from "./go.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "controller-runtime",
  unavailable: goUnavailable(),
  build: () => goClient("controller-runtime"),
  standalone: { without: [] },
  checks: [
    "client: typed, unstructured and metadata-only reads agree",
    "client: a patch with an optimistic lock is refused when it is late",
    "client: CreateOrUpdate creates, updates, and leaves alone what is as it should be",
    "client: the status writer and the scale subresource change what is theirs",
    "client: apply reports conflicts, forces, and applies the status",
    "client: a watch of a list tells what happens to its items",
    "cache: typed and metadata-only informers with an index and a selection answer reads",
    "controller: every deployment gets what the controller owns, and it is made again when it is taken away",
  ],
});
