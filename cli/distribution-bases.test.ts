import { expect, test } from "vitest";
import type { LlamaStackDistribution } from "../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import { realClock } from "../machinery/clock.ts";
import { silentLogger } from "../server/http/logger.ts";
import { createDistributionBases } from "./distribution-bases.ts";

test("why an image could not be read is a coarse reason in public, and the rest is logged", async () => {
  const logged: object[] = [];
  const bases = createDistributionBases({
    client: {} as Client,
    clock: realClock(),
    random: () => 0,
    logger: { ...silentLogger, info: (fields, message) => logged.push({ ...fields, message }) },
    namespace: "hawsepipe-system",
    signal: new AbortController().signal,
    onError: (what, error) => logged.push({ what, error }),
  });
  const told = new Promise<string>((resolve) => {
    bases.onRead((namespace, name) => {
      resolve(`${namespace}/${name}`);
    });
  });
  const image = "127.0.0.1:1/team/x:1";
  const object: LlamaStackDistribution = {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name: "s", namespace: "team" },
    spec: { distribution: { image }, disabled: ["eval"] },
  };
  expect(bases.resolve(object).awaited).toEqual([image]);
  expect(await told).toBe("team/s");
  expect(bases.resolve(object).unread?.detail).toBe(
    `image ${image}: its registry, or where that leads, is not public or not served over HTTPS, and is not listed`,
  );
  expect(logged).toEqual([
    {
      image,
      failure: "refused",
      detail: "127.0.0.1 is at 127.0.0.1, which is not public, and is not listed",
      message: "image not read",
    },
  ]);
});
