import { describe, expect, test } from "vitest";
import { readOptions } from "./options.ts";

describe("the options of a run", () => {
  test("have defaults, smaller ones when it is to be quick", () => {
    expect(readOptions([])).toMatchObject({
      only: [],
      sizes: [1000, 10_000, 50_000],
      rounds: 3,
      quick: false,
    });
    expect(readOptions(["--quick"])).toMatchObject({ sizes: [200], rounds: 1, quick: true });
  });

  test("are read, sizes in ascending order", () => {
    const options = readOptions([
      "--only",
      "list,get",
      "--sizes",
      "500,100",
      "--servers",
      "native",
      "--rounds",
      "2",
    ]);
    expect(options).toMatchObject({
      only: ["list", "get"],
      sizes: [100, 500],
      servers: ["native"],
      rounds: 2,
    });
  });

  test.each(["--sizes=many", "--rounds=0", "--servers=apache", "--fast"])("are refused: %s", (flag) => {
    expect(() => readOptions([flag])).toThrow();
  });
});
