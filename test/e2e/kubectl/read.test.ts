import { afterAll, beforeAll, describe } from "vitest";
import { reads } from "../../support/kubectl-cases/reads.ts";
import { standaloneTarget } from "../../support/kubectl-cases/standalone-target.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;

beforeAll(async () => {
  server = await startStandalone({ flags: ["--simulator"] });
});
afterAll(async () => {
  await server.stop();
  removeDirectory(server.dataDir);
});

describe("kubectl reads ModelDeployments", () => {
  reads(() => standaloneTarget(server));
});
