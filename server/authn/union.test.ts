import { describe, expect, test } from "vitest";
import { serviceUnavailable, unauthorized } from "../../api/errors/catalogue.ts";
import { anonymousAuthenticator } from "./anonymous.ts";
import type { Authenticator } from "./authenticator.ts";
import { unionAuthenticator } from "./union.ts";

const request = { rawHeaders: [], header: () => undefined };
const away = serviceUnavailable("nobody answers");

const authenticators: Readonly<Record<string, Authenticator>> = {
  good: { authenticate: () => ({ user: { name: "alice", groups: [] } }) },
  none: { authenticate: () => undefined },
  bad: {
    authenticate: () => {
      throw new Error("bad");
    },
  },
  away: {
    authenticate: () => {
      throw away;
    },
  },
  later: { authenticate: async () => Promise.reject(away) },
};

describe("a credential nobody can judge", () => {
  test.each<[says: string, names: readonly string[], want: string]>([
    ["is not refused", ["away"], "503"],
    ["is not refused when that is found out late", ["later", "none"], "503"],
    ["is nobody's refusal either where another is bad", ["bad", "later"], "503"],
    ["is nobody's refusal either where another was bad", ["later", "bad"], "503"],
    ["does not matter beside a good one", ["away", "good"], "alice"],
    ["does not matter beside a good one when it is found out late", ["none", "later", "good"], "alice"],
    ["is another thing than a bad one", ["none", "bad"], "401"],
    ["is another thing than none", ["none"], "system:anonymous"],
  ])("%s", async (_says, names, want) => {
    const told: unknown[] = [];
    const union = unionAuthenticator(
      names.map((name) => authenticators[name] ?? { authenticate: () => undefined }),
      { anonymous: anonymousAuthenticator, onRefused: (error) => told.push(error) },
    );
    const answer = (async () => union.authenticate(request))().then(
      (found) => found?.user.name,
      (error: unknown) => String((error as { code?: number }).code),
    );
    expect(await answer).toBe(want);
    expect(told.length).toBe(names.filter((name) => ["bad", "away", "later"].includes(name)).length);
  });

  test("is told about in the words of whoever could not", async () => {
    const union = unionAuthenticator([authenticators["later"] ?? { authenticate: () => undefined }]);
    await expect(union.authenticate(request)).rejects.toBe(away);
    expect(away).not.toEqual(unauthorized());
  });
});
