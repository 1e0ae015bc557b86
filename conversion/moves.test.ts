import { expect, test } from "vitest";
import * as llamaStackDistribution from "./llamastackdistribution/layout.ts";
import * as modelDeployment from "./modeldeployment/layout.ts";
import type { Path } from "./moves.ts";

const isWithin = (inner: Path, outer: Path): boolean =>
  inner.length > outer.length && outer.every((key, i) => inner[i] === key);

// What is moved is shared with the object it comes from: were another place in it, writing there would change that object.
test.each([
  ["ModelDeployment", modelDeployment],
  ["LlamaStackDistribution", llamaStackDistribution],
] as const)("no place %s is written to lies within another's value", (_kind, { table, special }) => {
  for (const version of ["v1alpha1", "v1alpha2"] as const) {
    const moved = table.moves.map((step) => step[version]);
    const written = [...moved, ...table.containers.map((step) => step[version]), ...Object.values(special)];
    const inside = written.filter((path) => moved.some((place) => isWithin(path, place)));
    expect(inside.map((path) => path.join("."))).toEqual([]);
  }
});
