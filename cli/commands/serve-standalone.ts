import path from "node:path";
import { realClock } from "../../machinery/clock.ts";
import type { Io } from "../command.ts";
import { collectWhenIdle, processHeap } from "../idle-collection.ts";
import { kubeconfig, writePrivateFile } from "../kubeconfig.ts";
import { dataDirectory, writeServerUrl } from "../standalone/data-dir.ts";
import { applySamples } from "../standalone/samples.ts";
import type { Standalone } from "../standalone/start.ts";
import { startStandalone } from "../standalone/start.ts";
import { llamaStackPolicy } from "./llama-stack-policy.ts";
import type { Listen, ServeValues } from "./serve.ts";
import { startProgress, stopped } from "./until-stopped.ts";

/** Serves until the process is asked to stop; answers the exit code. */
export async function serveStandalone(values: ServeValues, listen: Listen, io: Io): Promise<number> {
  const dataDir = path.resolve(io.cwd, values["data-dir"]);
  const file = values["kubeconfig-out"];
  const clock = realClock();
  const progress = startProgress(io);
  const server = await startStandalone({
    ...listen,
    dataDir,
    crdDirectories: values.crds.map((directory) => path.resolve(io.cwd, directory)),
    controllers: !values["no-controllers"],
    simulator: values.simulator,
    ...(file === undefined ? {} : { administrator: { name: "admin", groups: ["system:masters"] } }),
    llamaStack: llamaStackPolicy(values),
    clock,
    progress: progress.say,
  }).finally(progress.stop);
  const stopCollecting = collectWhenIdle(processHeap(), clock);
  try {
    writeServerUrl(dataDirectory(dataDir), server.url);
    if (file !== undefined) writeAdminKubeconfig(server, path.resolve(io.cwd, file));
    io.out(`hawsepipe is ready at ${server.url}\n`);
    if (values.samples !== undefined) {
      const directory = path.resolve(io.cwd, values.samples);
      await applySamples({ server, directory, dataDir, kubeconfig: file ?? "KUBECONFIG", io });
    }
    // Without anybody who looks after the objects there is no point in serving them.
    const failed = new AbortController();
    server.settled.catch((error: unknown) => {
      failed.abort(error);
    });
    await stopped(AbortSignal.any([io.stop, failed.signal]));
    failed.signal.throwIfAborted();
    io.out("stopping\n");
  } finally {
    stopCollecting();
    await server.close();
  }
  return 0;
}

function writeAdminKubeconfig({ url, ca, administrator: credentials }: Standalone, file: string): void {
  if (credentials === undefined) throw new Error("the server was not asked for an administrator");
  writePrivateFile(file, kubeconfig({ server: url, ca, user: "admin", credentials }));
}
