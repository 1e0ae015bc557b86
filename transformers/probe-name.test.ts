import { describe, expect, test } from "vitest";
import { dns1035Label } from "../machinery/names/names.ts";
import { probeName } from "./probe-name.ts";

describe("the name of a trial", () => {
  test.each<{ says: string; length: number; want: number }>([
    { says: "a graph of several nodes in disaggregated mode has no room for more", length: 7, want: 7 },
    { says: "a short name is made longer, so that nothing else has it", length: 1, want: 7 },
    { says: "Grove's room", length: 35, want: 35 },
    { says: "KubeRay's room", length: 47, want: 47 },
    { says: "a claim may be longer than a label", length: 80, want: 63 },
  ])("$says: of $length characters it has $want", ({ length, want }) => {
    const name = probeName("n".repeat(length));
    expect(name).toHaveLength(want);
    expect(dns1035Label(name)).toEqual([]);
    expect(name).toMatch(/^d/);
  });

  test("says what it is, where there is room, and is always the same", () => {
    expect(probeName("a-model-with-a-name")).toMatch(/^dry-run-[0-9a-f]+$/);
    expect(probeName("a")).toBe(probeName("a"));
    expect(probeName("a")).not.toBe(probeName("b"));
  });
});
