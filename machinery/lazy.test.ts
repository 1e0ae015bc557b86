import { describe, expect, test } from "vitest";
import { lazy } from "./lazy.ts";

describe("a lazy value", () => {
  test.each([{ value: 1 }, { value: undefined }, { value: false }])(
    "is computed once: $value",
    ({ value }) => {
      let times = 0;
      const get = lazy(() => {
        times += 1;
        return value;
      });
      expect(times).toBe(0);
      expect([get(), get()]).toEqual([value, value]);
      expect(times).toBe(1);
    },
  );

  test("is computed again after it could not be", () => {
    let times = 0;
    const get = lazy(() => {
      times += 1;
      if (times === 1) throw new Error("not yet");
      return times;
    });
    expect(get).toThrow("not yet");
    expect(get()).toBe(2);
  });
});
