import { expect, test } from "vitest";
import { costsOf } from "./costs.ts";

test("time is added up by function, without what was idle, the costliest first", () => {
  const at = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });
  const profile = {
    nodes: [
      { id: 1, callFrame: at("(idle)", "", -1) },
      { id: 2, callFrame: at("list", "file:///home/ann/hawsepipe/server/handlers/list.ts", 9) },
      { id: 3, callFrame: at("", "node:net", 4) },
      { id: 4, callFrame: at("list", "file:///home/ann/hawsepipe/server/handlers/list.ts", 9) },
    ],
    samples: [1, 2, 3, 4, 2],
    timeDeltas: [900, 10, 20, 30, 40],
  };
  expect(costsOf(profile)).toEqual([
    { where: "list server/handlers/list.ts:10", share: 0.8 },
    { where: "(anonymous) node:net:5", share: 0.2 },
  ]);
});
