import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  isInteger,
  isQuantity,
  negateQuantity,
  parseQuantity,
  QuantityError,
  scaledValue,
} from "./quantity.ts";

/** Text and canonical form, as kube-apiserver answers them. */
const canonical: readonly (readonly [string, string])[] = [
  ["0", "0"],
  ["00", "0"],
  ["-0", "0"],
  ["0n", "0"],
  ["0Ki", "0"],
  ["0e3", "0"],
  ["0.0", "0"],
  ["1", "1"],
  ["+1", "1"],
  ["-1", "-1"],
  ["01", "1"],
  ["1.", "1"],
  [".5", "500m"],
  ["1.0", "1"],
  ["1.50", "1500m"],
  ["0.1", "100m"],
  ["0.001", "1m"],
  ["0.0001", "100u"],
  ["0.000000001", "1n"],
  ["0.0000000001", "1n"],
  ["1.0000000001", "1000000001n"],
  ["-0.0000000001", "-1n"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["100m", "100m"],
  ["1000", "1k"],
  ["1001", "1001"],
  ["10000", "10k"],
  ["123456", "123456"],
  ["1000000", "1M"],
  ["1e3", "1e3"],
  ["1E3", "1e3"],
  ["1e0", "1"],
  ["12e2", "1200"],
  ["1e-3", "1e-3"],
  ["1e-9", "1e-9"],
  ["1e-10", "1e-9"],
  ["1e4", "10e3"],
  ["1e18", "1e18"],
  ["1e21", "1e21"],
  ["1n", "1n"],
  ["1u", "1u"],
  ["1m", "1m"],
  ["1k", "1k"],
  ["1M", "1M"],
  ["1G", "1G"],
  ["1T", "1T"],
  ["1P", "1P"],
  ["1E", "1E"],
  ["100E", "100E"],
  ["1000n", "1u"],
  ["1000u", "1m"],
  ["1000k", "1M"],
  ["1000G", "1T"],
  ["0.5k", "500"],
  ["1.5k", "1500"],
  ["0.5m", "500u"],
  ["1Ki", "1Ki"],
  ["1Mi", "1Mi"],
  ["1Gi", "1Gi"],
  ["1Ti", "1Ti"],
  ["1Pi", "1Pi"],
  ["1Ei", "1Ei"],
  ["1024Ki", "1Mi"],
  ["1024Mi", "1Gi"],
  ["2048Ki", "2Mi"],
  ["1536Mi", "1536Mi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Gi", "512Mi"],
  ["0.5Ki", "512"],
  ["0.25Ki", "256"],
  ["1.5Ki", "1536"],
  ["0.001Ki", "1024m"],
  ["0.0001Ki", "102400u"],
  ["1023Ki", "1023Ki"],
  ["1000Ki", "1000Ki"],
  ["1.1Ki", "1126400m"],
  ["-1Ki", "-1Ki"],
  ["-1.5Gi", "-1536Mi"],
  ["8Ei", "9223372036854775807"],
  ["-8Ei", "-9223372036854775807"],
  ["100Ei", "9223372036854775807"],
  ["1.0Ti", "1Ti"],
  ["64Gi", "64Gi"],
  ["16Gi", "16Gi"],
  ["500Mi", "500Mi"],
  ["250m", "250m"],
  ["2.5", "2500m"],
  ["0.25", "250m"],
  ["3.14159", "3141590u"],
  ["1.234567891", "1234567891n"],
  ["1.2345678912", "1234567892n"],
  ["9223372036854775807", "9223372036854775807"],
  ["9223372036854775808", "9223372036854775808"],
  ["123456789012345678901", "123456789012345678901"],
  ["1000000000000000000", "1E"],
  ["12345678", "12345678"],
  ["99999m", "99999m"],
  ["100000m", "100"],
  ["1e-1", "100e-3"],
  ["15e-1", "1500e-3"],
  ["1.5e3", "1500"],
  ["1.5e4", "15e3"],
  ["-1500m", "-1500m"],
];

const refused: readonly (readonly [string, string])[] = [
  ["", "quantities must match"],
  [" 1", "quantities must match"],
  ["1 ", "quantities must match"],
  ["1Gi ", "quantities must match"],
  ["abc", "quantities must match"],
  ["1.2.3", "quantities must match"],
  ["1_000", "quantities must match"],
  ["0x10", "quantities must match"],
  ["1,5", "quantities must match"],
  ["1Zi", "quantities must match"],
  ["--1", "unable to parse quantity's suffix"],
  ["1gb", "quantities must match"],
  ["1mm", "unable to parse quantity's suffix"],
  ["1KI", "quantities must match"],
  ["1K", "unable to parse quantity's suffix"],
  ["1ki", "unable to parse quantity's suffix"],
  ["1e", "unable to parse quantity's suffix"],
  ["1ee3", "unable to parse quantity's suffix"],
  ["1Mi3", "unable to parse quantity's suffix"],
  ["1E+", "unable to parse quantity's suffix"],
  ["1iG", "unable to parse quantity's suffix"],
  ["m", "unable to parse numeric part"],
  [".", "unable to parse numeric part"],
  ["+", "unable to parse numeric part"],
];

test.each(canonical)("%s is canonically %s", (text, want) => {
  expect(formatQuantity(parseQuantity(text))).toBe(want);
});

test.each(refused)("refuses %j: %s", (text, message) => {
  expect(() => parseQuantity(text)).toThrow(QuantityError);
  expect(() => parseQuantity(text)).toThrow(message);
  expect(isQuantity(text)).toBe(false);
});

test.each<[string, string, number]>([
  ["1", "1000m", 0],
  ["1Ki", "1024", 0],
  ["1Ki", "1k", 1],
  ["1Gi", "1G", 1],
  ["-1", "1", -1],
  ["0", "-1n", 1],
  ["1e3", "1k", 0],
  ["0.5", "499m", 1],
  ["1e1000000", "1e999999", 1],
  ["-1e1000000", "-1", -1],
  ["1n", "0", 1],
  ["10", "9", 1],
  ["2E", "1e18", 1],
])("comparing %s with %s gives %d", (a, b, want) => {
  expect(compareQuantities(parseQuantity(a), parseQuantity(b))).toBe(want);
});

test.each<[string, string, string]>([
  ["1", "1", "2"],
  ["500m", "500m", "1"],
  ["1Gi", "1Gi", "2Gi"],
  ["1Gi", "1G", "2073741824"],
  ["0", "1Gi", "1Gi"],
  ["1Gi", "0", "1Gi"],
  ["1", "-1", "0"],
  ["512Mi", "512Mi", "1Gi"],
  ["1k", "1Ki", "2024"],
])("%s + %s = %s", (a, b, want) => {
  expect(formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)))).toBe(want);
});

test("scaledValue rounds up", () => {
  expect(scaledValue(parseQuantity("1.5"), 0)).toBe(2n);
  expect(scaledValue(parseQuantity("-1.5"), 0)).toBe(-2n);
  expect(scaledValue(parseQuantity("1.5"), -3)).toBe(1500n);
  expect(scaledValue(parseQuantity("1Gi"), 0)).toBe(1073741824n);
});

test("isInteger tells whole values", () => {
  expect(["1", "1k", "1000m", "0.5Ki"].map((text) => isInteger(parseQuantity(text)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["100m", "1.5", "1n"].map((text) => isInteger(parseQuantity(text)))).toEqual([false, false, false]);
});

test("absurd exponents cost nothing", () => {
  expect(formatQuantity(parseQuantity("1e2000000000"))).toBe("100e1999999998");
  expect(formatQuantity(parseQuantity("1e-2000000000"))).toBe("1e-9");
  expect(() => addQuantities(parseQuantity("1e2000000000"), parseQuantity("1"))).toThrow(QuantityError);
});

describe("laws", () => {
  const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "e3", "e-3", "e6");
  const quantity = fc
    .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat({ max: 999 }), suffix)
    .map(([whole, fraction, unit]) => parseQuantity(`${String(whole)}.${String(fraction)}${unit}`));

  test("the canonical form means the same and is a fixed point", () => {
    fc.assert(
      fc.property(quantity, (q) => {
        const text = formatQuantity(q);
        expect(compareQuantities(parseQuantity(text), q)).toBe(0);
        expect(formatQuantity(parseQuantity(text))).toBe(text);
        expect(text).not.toContain(".");
      }),
    );
  });

  test("comparison is a total order that addition respects", () => {
    fc.assert(
      fc.property(quantity, quantity, quantity, (a, b, c) => {
        expect(compareQuantities(a, b)).toBe(-compareQuantities(b, a) + 0);
        if (compareQuantities(a, b) <= 0 && compareQuantities(b, c) <= 0) {
          expect(compareQuantities(a, c)).toBeLessThanOrEqual(0);
        }
        expect(compareQuantities(addQuantities(a, c), addQuantities(b, c))).toBe(compareQuantities(a, b));
      }),
    );
  });

  test("addition is associative and commutative, and negation undoes it", () => {
    fc.assert(
      fc.property(quantity, quantity, quantity, (a, b, c) => {
        const left = addQuantities(addQuantities(a, b), c);
        expect(compareQuantities(left, addQuantities(a, addQuantities(b, c)))).toBe(0);
        expect(compareQuantities(addQuantities(a, b), addQuantities(b, a))).toBe(0);
        expect(addQuantities(a, negateQuantity(a)).digits).toBe(0n);
      }),
    );
  });
});
