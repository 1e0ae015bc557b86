import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import { removeDirectory, temporaryDirectory } from "../../../test/support/standalone.ts";
import type { BareBody, BareSetup } from "./bare-process.ts";
import type { Server } from "./server.ts";
import { usageOf } from "./usage.ts";

export interface BareServer extends Server {
  /** Answers requests for a path with these bytes from now on. */
  answer(path: string, body: string): Promise<void>;
}

/** A bare Node TLS server in a process of its own. */
export async function startBareServer(): Promise<BareServer> {
  const directory = temporaryDirectory();
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["127.0.0.1"] });
  const child = fork(path.join(import.meta.dirname, "bare-process.ts"));
  const said = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => {
        reject(new Error("the bare server ended"));
      };
      child.once("exit", onExit);
      child.once("message", (number: number) => {
        child.off("exit", onExit);
        resolve(number);
      });
    });
  const { key, cert } = await pki.serving();
  const listening = said();
  child.send({ key, cert } satisfies BareSetup);
  const port = await listening;
  return {
    name: "bare",
    target: { origin: `https://127.0.0.1:${String(port)}`, ca: pki.ca.cert },
    group: "",
    usage: () => usageOf([child.pid]),
    async answer(url, body) {
      const file = path.join(directory, "body");
      writeFileSync(file, body);
      const taken = said();
      child.send({ path: url, file } satisfies BareBody);
      await taken;
    },
    stop() {
      // A terminal signals the whole group: it may have ended by itself.
      if (child.connected) child.disconnect();
      removeDirectory(directory);
      return Promise.resolve();
    },
  };
}
