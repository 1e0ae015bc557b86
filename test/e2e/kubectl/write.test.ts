import { afterAll, beforeAll, describe } from "vitest";
import { standaloneTarget } from "../../support/kubectl-cases/standalone-target.ts";
import { stacks } from "../../support/kubectl-cases/stacks.ts";
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
describe("kubectl and LlamaStackDistributions", () => {
  stacks(() => standaloneTarget(server));
});
