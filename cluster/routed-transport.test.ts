import { expect, test } from "vitest";
import { createRoutedTransport } from "./routed-transport.ts";
import type { Transport } from "./transport.ts";

function named(name: string, log: string[]): Transport {
  return {
    request: async ({ path }) => {
      log.push(`${name} ${path}`);
      return { status: 200, headers: {}, body: (async function* () {})() };
    },
    close: async () => {
      log.push(`${name} closed`);
    },
  };
}

test("the groups a process serves itself do not take the way through the cluster", async () => {
  const log: string[] = [];
  const transport = createRoutedTransport({
    groups: ["hawsepipe.dev"],
    own: named("own", log),
    other: named("other", log),
  });
  const paths = [
    "/apis/hawsepipe.dev",
    "/apis/hawsepipe.dev/v1alpha2/modeldeployments?watch=true",
    "/apis/hawsepipe.dev?x=y",
    "/apis/hawsepipe.development/v1/things",
    "/apis/storage.hawsepipe.dev/v1/records",
    "/apis",
    "/api/v1/namespaces",
  ];
  for (const path of paths) await transport.request({ method: "GET", path, headers: {} });
  expect(log.map((line) => line.split(" ")[0])).toEqual([
    "own",
    "own",
    "own",
    "other",
    "other",
    "other",
    "other",
  ]);
  await transport.close();
  expect(log.slice(-2)).toEqual(["own closed", "other closed"]);
});
