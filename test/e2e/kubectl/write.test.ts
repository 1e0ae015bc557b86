import { afterAll, beforeAll, describe } from "vitest";
import { standaloneTarget } from "../../support/kubectl-cases/standalone-target.ts";
import { writes } from "../../support/kubectl-cases/writes.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;

beforeAll(async () => {
  server = await startStandalone();
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

describe("kubectl writes ModelDeployments", () => {
  writes(() => standaloneTarget(server));
});
