/** The library Flux applies with. */
import { goClient, goUnavailable } from "./go.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "Flux",
  unavailable: goUnavailable(),
  build: () => goClient("flux"),
  standalone: { without: [] },
  checks: [
    "apply: created, then unchanged without a write, then configured where something drifted",
    "diff: nothing after an apply, the drift after a change by hand, and no trace of having looked",
    "prune: what is no longer in the inventory goes, what is excluded stays",
    "wait: kstatus takes a deployment for current when its model serves, and not before",
    "wait: a deployment that cannot become ready is never taken for current",
    "apply: an object made by kubectl is taken over with what kubectl left behind",
  ],
});
