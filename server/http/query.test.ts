import { describe, expect, test } from "vitest";
import { parseQuery } from "./query.ts";

describe("a query", () => {
  test.each([
    ["", false],
    ["watch", true],
    ["watch=", true],
    ["watch=0", false],
    ["watch=false", false],
    ["watch=FALSE", false],
    ["watch=1", true],
    ["watch=no", true],
    ["watch=false&watch=true", false],
  ])("%j has the flag watch: %s", (text, is) => {
    expect(parseQuery(text).flag("watch")).toBe(is);
  });

  test.each<[string, string | undefined]>([
    ["a=x+y", "x y"],
    ["a=x%20y", "x y"],
    ["a=%2Bx", "+x"],
    ["b=1", undefined],
    ["a=%zz", undefined],
    ["a=1&a=2", "1"],
    ["%61=1", "1"],
    ["a=b=c", "b=c"],
    ["a=1;b=2", undefined],
    ["a=%ff", "\ufffd"],
    ["__proto__=1&a=2", "2"],
  ])("%j gives a the value %j", (text, value) => {
    expect(parseQuery(text).get("a")).toBe(value);
  });

  test("repeated values keep their order", () => {
    expect(parseQuery("dryRun=All&x=1&dryRun=").all("dryRun")).toEqual(["All", ""]);
  });
});
