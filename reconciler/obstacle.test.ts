import { expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import { obstacleOf } from "./obstacle.ts";

const widget: KubeObject = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "m", namespace: "default", finalizers: ["example.com/nodes"] },
};

test("what does not go is named with the finalizers it waits for, and nobody has to change the deployment", () => {
  const plan = { actions: [], foreign: [], waitingFor: [widget], stuck: [widget] };
  expect(obstacleOf(plan, undefined)).toEqual({
    reason: "StuckTerminating",
    message: expect.stringContaining("Widget m (waits for its finalizers example.com/nodes)") as string,
    isFinal: false,
  });
});
