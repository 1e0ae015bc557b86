/** The engine in Argo CD. */
import { goClient, goUnavailable } from "./go.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "Argo CD",
  unavailable: goUnavailable(),
  build: () => goClient("argo-cd"),
  standalone: { without: [] },
  checks: [
    "cache: holds our objects, follows changes and deletions, and draws the tree from owner references",
    "diff: three ways, structured and server-side agree that nothing differs after an apply",
    "diff: server-side finds a change by hand and ignores what the server adds",
    "sync: applies, is in sync afterwards, and prunes what is gone from the source",
  ],
});
