import { describe, expect, test } from "vitest";
import { isPublicAddress } from "./address.ts";

describe("an address", () => {
  test.each([
    "8.8.8.8",
    "100.63.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    // The same as 8.8.8.8, where there is no IPv4.
    "64:ff9b::808:808",
  ])("such as %s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    ["of this machine", ["127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::"]],
    [
      "of a private network",
      ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1"],
    ],
    ["of a metadata service", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"]],
    ["of one link", ["169.254.0.1", "fe80::1", "fe80::1%eth0"]],
    ["of many", ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"]],
    ["of a document", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]],
    [
      "that holds another",
      [
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "2001::1",
      ],
    ],
    ["that is none", ["", "localhost", "127.1", "0x7f000001", "8.8.8.8.8"]],
  ])("%s is not public", (_says, addresses) => {
    for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });
});
