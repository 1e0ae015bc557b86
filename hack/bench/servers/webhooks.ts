import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import path from "node:path";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import { removeDirectory, temporaryDirectory } from "../../../test/support/standalone.ts";
import type { Target } from "../client/jobs.ts";
import type { BareSetup } from "./bare-process.ts";
import { loopDelaysOf } from "./loop-delay.ts";
import { readMetrics } from "./metrics.ts";
import type { Server } from "./server.ts";
import { usageOf } from "./usage.ts";

interface Replica {
  readonly child: ChildProcess;
  readonly origin: string;
  output(): string;
}

/** The product's webhooks as a server of their own, in one process or several, as replicas behind a Service are. */
export async function startWebhooks(env: Readonly<Record<string, string>>, processes = 1): Promise<Server> {
  const directory = temporaryDirectory();
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1"] });
  const setup = await pki.serving();
  const [first, ...others] = await Promise.all(
    Array.from({ length: processes }, () => startReplica(setup, env)),
  );
  if (first === undefined) throw new Error("webhooks need a process");
  const all = [first, ...others];
  const target: Target = {
    origin: first.origin,
    ca: pki.ca.cert,
    ...(others.length === 0 ? {} : { replicas: others.map(({ origin }) => origin) }),
  };
  return {
    name: "standalone",
    target,
    group: "hawsepipe.dev",
    usage: () => usageOf(all.map(({ child }) => child.pid)),
    loopDelays: async () => loopDelaysOf(await readMetrics(target)),
    output: () => first.output(),
    stop() {
      for (const { child } of all) if (child.connected) child.disconnect();
      removeDirectory(directory);
      return Promise.resolve();
    },
  };
}

async function startReplica(
  { key, cert }: BareSetup,
  env: Readonly<Record<string, string>>,
): Promise<Replica> {
  const child = fork(path.join(import.meta.dirname, "webhook-process.ts"), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", () => {
      reject(new Error(`the webhooks ended: ${output}`));
    });
    child.send({ key, cert } satisfies BareSetup);
  });
  return { child, origin: `https://127.0.0.1:${String(port)}`, output: () => output };
}
