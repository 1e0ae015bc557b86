import { expect, test } from "vitest";
import { encodeStatus } from "./encode-status.ts";

test("a Status has the bytes kube-apiserver gives it", () => {
  const bytes = encodeStatus({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: 'twins.twin.example.com "c" not found',
    reason: "NotFound",
    details: { name: "c", group: "twin.example.com", kind: "twins" },
    code: 404,
  });
  const details = "\n\x01c\x12\x10twin.example.com\x1a\x05twins(\x002\x00";
  const raw = `\n\x06\n\x00\x12\x00\x1a\x00\x12\x07Failure\x1a$twins.twin.example.com "c" not found"\x08NotFound*${String.fromCharCode(details.length)}${details}0`;
  const text = bytes.toString("latin1");
  expect(text.startsWith("k8s\x00\n\x0c\n\x02v1\x12\x06Status\x12")).toBe(true);
  expect(text).toContain(`${raw}\x94\x03`);
  expect(text.endsWith('\x1a\x00"\x00')).toBe(true);
});
