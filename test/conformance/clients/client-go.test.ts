/** client-go: every client and tool of it that a controller or a command is made of. */
import { goClient, goUnavailable } from "./go.ts";
import { testClient } from "./suite.ts";

testClient({
  name: "client-go",
  unavailable: goUnavailable(),
  build: () => goClient("client-go"),
  standalone: {
    without: [
      // A new server has its first revisions still in its history.
      "informer: a list that is too old to be watched on is taken again",
      "RetryWatcher: a revision that is too old ends it with 410",
      // Leases are the cluster's.
      "leader election: of two controllers over one Lease one writes at a time, and the other takes over",
    ],
  },
  checks: [
    "typed: what is created comes back with defaults, and explicit zero values stay",
    "typed: an update from a stale copy is a conflict, a retry from a fresh one succeeds",
    "typed: status is written through its subresource only, and nothing else is",
    "typed: refusals are the errors client-go has functions for, with the field in the causes",
    "typed: lists and collections are chosen by labels and by fields",
    "typed: a watch by labels tells an object that leaves the selection as deleted",
    "typed: both versions are one object",
    "dynamic: each type of patch does what it says, and a strategic one is refused",
    "dynamic: a dry run answers and leaves no trace",
    "dynamic: unknown fields are refused, warned of or dropped, as asked",
    "dynamic: the rendered manifests are a subresource",
    "metadata: get, list, watch, patch and delete carry metadata alone",
    "informer: with a streaming list the cache fills without any list, in one request",
    "informer: with list and watch the watch begins where the list ended",
    "informer: the dynamic and the metadata factory fill the same cache",
    "informer: an index over a field follows changes, a resync invents no events",
    "informer: a list that is too old to be watched on is taken again",
    "RetryWatcher: over watches that end every second nothing is missed and nothing comes twice",
    "RetryWatcher: a revision that is too old ends it with 410",
    "UntilWithSync: the status a replica writes is waited for",
    "watch: bookmarks are asked for and carry a revision",
    "pager: pages are one consistent list, whatever is written in between",
    "pager: a continue token that expired falls back to a full list",
    "apply: creates, and the same again writes nothing",
    "apply: a conflict names the other manager and the field, force takes it over",
    "apply: what a manager stops applying goes, what another one shares stays",
    "apply: the status has managers of its own",
    "apply: what was applied by a client is handed over to the server",
    "leader election: of two controllers over one Lease one writes at a time, and the other takes over",
    "discovery: the group, its versions and what its resources can do",
    "RESTMapper: kind, resource and short name lead to each other",
    "OpenAPI v3: the document of each version names our kind, with its scope and verbs",
    "OpenAPI v2: the merged document of the cluster has our kind",
    "scale: the client of an autoscaler reads, updates and patches replicas, in whichever version",
    "events: a recorder's events about an object are found by it, and repeated ones are counted",
  ],
});
