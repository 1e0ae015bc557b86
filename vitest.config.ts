import { defineConfig } from "vitest/config";

// Unit tests stand beside the code. What needs sockets, disks or processes is under test/.
const code = [
  "machinery",
  "api",
  "conversion",
  "transformers",
  "admission",
  "reconciler",
  "server",
  "cluster",
  "cli",
  "hack",
];

// Clients that take minutes to build the first time are asked for.
const slowClients =
  process.env["HAWSEPIPE_CLIENTS"] === "all" ? [] : ["test/conformance/clients/{fabric8,kube-rs}.test.ts"];

// Names are reported whole: `npm run proofs` looks tests up by them.
const names = { taskTitleValueFormatTruncate: 0 };

/** What is waited for comes within a second on a machine with nothing else to do; elsewhere it is waited for longer. */
const expect = { poll: { timeout: 20_000 } };

const setupFiles = ["test/support/same-draws.ts"];

// Every file of these has servers of its own and waits for them most of the time: two at a time fill two cores.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...names,
          name: "unit",
          setupFiles,
          expect,
          include: code.map((folder) => `${folder}/**/*.test.ts`),
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...names,
          name: "integration",
          setupFiles,
          expect,
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...names,
          name: "conformance",
          setupFiles,
          expect,
          include: ["test/conformance/**/*.test.ts"],
          exclude: slowClients,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...names,
          name: "e2e",
          expect,
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
