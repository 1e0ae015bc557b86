import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import type { AuthenticationRequest, Authenticator } from "./authenticator.ts";
import { anonymousAuthenticator } from "./anonymous.ts";
import { parseCertificatePool } from "./certificate-pool.ts";
import { issueAuthority } from "./pki.ts";
import type { RequestHeaderConfig } from "./request-header.ts";
import { requestHeaderAuthenticator } from "./request-header.ts";
import { unionAuthenticator } from "./union.ts";

const clock = fakeClock(new Date("2026-01-01T00:00:00Z"));
const authority = await issueAuthority(clock.now());
const config: RequestHeaderConfig = {
  clientCA: parseCertificatePool(authority.cert),
  allowedNames: [],
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
};
const withoutCertificate = (...rawHeaders: string[]): AuthenticationRequest => ({
  rawHeaders,
  header: () => undefined,
});
const robot: Authenticator = { authenticate: () => ({ user: { name: "robot", groups: [] } }) };
const nobody: Authenticator = { authenticate: () => undefined };

const behind = (next: Authenticator, trusted: RequestHeaderConfig | undefined = config): Authenticator =>
  unionAuthenticator([requestHeaderAuthenticator(() => trusted, clock), next], {
    anonymous: anonymousAuthenticator,
  });

test.each([
  ["X-Remote-User", "admin"],
  ["x-remote-user", ""],
  ["accept", "*/*", "X-REMOTE-GROUP", "system:masters"],
  ["X-Remote-Uid", "u"],
  ["X-Remote-Extra-Scopes", "all"],
])("without a certificate, %s %s … is a bad credential", (...headers) => {
  expect(() => behind(nobody).authenticate(withoutCertificate(...headers))).toThrow("Unauthorized");
});

test.each([[], ["accept", "X-Remote-User"], ["X-Remote", "a"], ["X-Remote-Users", "a"]])(
  "other headers claim nothing: %s %s",
  (...headers) => {
    expect(behind(nobody).authenticate(withoutCertificate(...headers))).toMatchObject({
      user: { name: "system:anonymous" },
    });
  },
);

test("a good credential of another kind still says who it is", async () => {
  expect(await behind(robot).authenticate(withoutCertificate("X-Remote-User", "admin"))).toMatchObject({
    user: { name: "robot", groups: ["system:authenticated"] },
  });
});
