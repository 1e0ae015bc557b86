/**
 * The client: runs the jobs it is sent, one after the other, in a process of its own, so that no measured server pays for
 * its clients. It ends with its parent.
 */
import { runConvergence } from "./convergence.ts";
import { runInformers } from "./informers.ts";
import type { Job, ResultOf } from "./jobs.ts";
import { runRequests } from "./requests.ts";
import { runIdle, Watches } from "./watchers.ts";

const watches = new Watches();

function run(job: Job): Promise<ResultOf<Job>> {
  switch (job.kind) {
    case "requests":
      return runRequests(job);
    case "watch":
      return watches.open(job);
    case "watchPhase":
      return watches.run(job);
    case "unwatch":
      return watches.end(job);
    case "idle":
      return runIdle(job);
    case "informers":
      return runInformers(job);
    case "convergence":
      return runConvergence(job);
  }
}

process.on("message", (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
