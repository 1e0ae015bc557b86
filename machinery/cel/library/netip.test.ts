import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressFault, prefixFault } from "./netip.ts";

// What Go's netip says of each.
test.each([
  ["here", "unable to parse IP"],
  ["%eth0", "missing IPv6 address"],
  ["010.0.0.1", "IPv4 field has octet with leading zero"],
  ["10.0.0.256", "IPv4 field has value >255"],
  ["10..0.1", 'IPv4 field must have at least one digit (at ".0.1")'],
  ["10.0.0.", 'IPv4 field must have at least one digit (at ".")'],
  ["1.2.3.4.5", "IPv4 address too long"],
  ["1.2.3", "IPv4 address too short"],
  ["1.2.x.4", 'unexpected character (at "x.4")'],
  ["fe80::1%", "zone must be a non-empty string"],
  ["1:2:3", "address string too short"],
  ["12345::", 'each group must have 4 or less digits (at "12345::")'],
  ["1::2::3", 'multiple :: in address (at ":3")'],
  ["1:", 'colon must be followed by more characters (at ":")'],
  ["1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'],
  ["1:2:3:4:5:6:7::8", "the :: must expand to at least one field of zeros"],
  ["::g", 'each colon-separated field must have at least one digit (at "g")'],
  ["1:1.2.3.4", 'embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")'],
])("netip says why %s is no address", (text, why) => {
  expect(addressFault(text)).toBe(`ParseAddr(${JSON.stringify(text)}): ${why}`);
});

test.each([
  ["10.0.0.0", "no '/'"],
  ["10.0.0/8", 'ParseAddr("10.0.0"): IPv4 address too short'],
  ["10.0.0.0/08", 'bad bits after slash: "08"'],
  ["10.0.0.0/x", 'bad bits after slash: "x"'],
  ["10.0.0.0/33", "prefix length out of range"],
  ["fe80::1%a/64", "IPv6 zones cannot be present in a prefix"],
])("netip says why %s is no prefix", (text, why) => {
  expect(prefixFault(text)).toBe(`netip.ParsePrefix(${JSON.stringify(text)}): ${why}`);
});

test("there is no fault in what Node takes for an address too, and in nothing else", () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom("0", "1", "2", "9", "a", "f", ":", "."), maxLength: 20 }),
    fc
      .array(fc.constantFrom("0", "1", "ff", "1234", "::", ":", ".", "1.2.3.4"), { maxLength: 12 })
      .map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, (one) => (addressFault(one) === undefined) === isIP(one) > 0),
    { numRuns: 3000 },
  );
});
