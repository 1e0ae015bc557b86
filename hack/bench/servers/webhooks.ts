import { fork } from "node:child_process";
import path from "node:path";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import { removeDirectory, temporaryDirectory } from "../../../test/support/standalone.ts";
import type { Server } from "./server.ts";
import { usageOf } from "./usage.ts";

/** The product's webhooks as a server of their own. */
export async function startWebhooks(env: Readonly<Record<string, string>>): Promise<Server> {
  const directory = temporaryDirectory();
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1"] });
  const child = fork(path.join(import.meta.dirname, "webhook-process.ts"), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const listening = new Promise<number>((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", () => {
      reject(new Error(`the webhooks ended: ${output}`));
    });
  });
  child.send(await pki.serving());
  return {
    name: "standalone",
    target: { origin: `https://127.0.0.1:${String(await listening)}`, ca: pki.ca.cert },
    group: "hawsepipe.dev",
    usage: () => usageOf([child.pid]),
    output: () => output,
    stop() {
      child.disconnect();
      removeDirectory(directory);
      return Promise.resolve();
    },
  };
}
