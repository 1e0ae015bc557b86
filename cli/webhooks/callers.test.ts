import { describe, expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import { issueAuthority, issueLeaf } from "../../server/authn/pki.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import { X509Certificate } from "node:crypto";
import { webhookCallers } from "./callers.ts";

const now = new Date(Date.parse("2026-01-02T03:04:05Z"));
const clock = fakeClock(now.getTime());
const authority = await issueAuthority(now);
const anonymous = { name: "system:anonymous", groups: ["system:unauthenticated"] };
const tenant = { name: "ann", groups: ["system:authenticated"] };

/** Who a client with a certificate of this CA is. */
async function caller(): Promise<UserInfo> {
  const leaf = await issueLeaf(
    authority,
    { commonName: "kube-apiserver", organizations: [], names: [], usage: "clientAuth" },
    { now, lifeMs: 3_600_000 },
  );
  const [authenticator] = webhookCallers({
    authorities: authority.cert,
    reviewsKinds: true,
    clock,
  }).authenticators;
  const known = await authenticator?.authenticate({
    rawHeaders: [],
    header: () => undefined,
    peer: { authorized: true, certificate: new X509Certificate(leaf.cert) },
  });
  if (known === undefined) throw new Error("the certificate was not known");
  return known.user;
}

const decide = async (authorizer: Authorizer, user: UserInfo, path: string): Promise<string> => {
  const { decision } = await authorizer.authorize({
    user,
    verb: "post",
    isResourceRequest: false,
    group: "",
    version: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
    path,
  });
  return decision;
};

describe("where nobody must show a certificate", () => {
  test.each([
    { says: "anybody asks the guard", reviewsKinds: false, path: "/admission/guard", want: "Allow" },
    { says: "anybody converts", reviewsKinds: false, path: "/convert", want: "Allow" },
    {
      says: "behind an APIService our kinds are not reviewed for anybody",
      reviewsKinds: false,
      path: "/admission/mutate",
      want: "NoOpinion",
    },
    { says: "as CRDs they are", reviewsKinds: true, path: "/admission/mutate", want: "Allow" },
    { says: "metrics are somebody else's to allow", reviewsKinds: true, path: "/metrics", want: "NoOpinion" },
    {
      says: "beginning like a webhook is not enough",
      reviewsKinds: true,
      path: "/convert/x",
      want: "NoOpinion",
    },
  ])("$says", async ({ reviewsKinds, path, want }) => {
    const { authorizer, authenticators } = webhookCallers({ reviewsKinds, clock });
    expect(await decide(authorizer, anonymous, path)).toBe(want);
    expect(authenticators).toEqual([]);
  });
});

describe.each([true, false])("with a CA, reviews of our kinds: %s", (reviewsKinds) => {
  const { authorizer } = webhookCallers({ authorities: authority.cert, reviewsKinds, clock });

  test.each(["/admission/mutate", "/admission/validate", "/admission/guard"])(
    "%s takes its certificates and nothing else",
    async (path) => {
      expect(await decide(authorizer, await caller(), path)).toBe("Allow");
      expect(await decide(authorizer, anonymous, path)).toBe("NoOpinion");
      expect(await decide(authorizer, tenant, path)).toBe("NoOpinion");
    },
  );

  test("conversion takes none, since kube-apiserver cannot show any", async () => {
    expect(await decide(authorizer, anonymous, "/convert")).toBe("Allow");
  });
});
