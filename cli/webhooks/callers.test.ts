import { expect, test } from "vitest";
import { allowCallers } from "./callers.ts";

test.each([
  {
    says: "anybody reviews where nobody must show a certificate",
    verified: false,
    path: "/admission/guard",
    want: "Allow",
  },
  {
    says: "without a certificate nobody reviews",
    verified: true,
    path: "/admission/mutate",
    want: "NoOpinion",
  },
  {
    says: "with one, reviews are answered",
    verified: true,
    known: true,
    path: "/admission/validate",
    want: "Allow",
  },
  { says: "conversion takes none", verified: true, path: "/convert", want: "Allow" },
  { says: "metrics are somebody else's to allow", verified: false, path: "/metrics", want: "NoOpinion" },
  { says: "beginning like a webhook is not enough", verified: false, path: "/convert/x", want: "NoOpinion" },
])("$says", async ({ verified, known = false, path, want }) => {
  const { decision } = await allowCallers(verified).authorize({
    user: { name: "x", groups: [known ? "system:authenticated" : "system:unauthenticated"] },
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
  expect(decision).toBe(want);
});
