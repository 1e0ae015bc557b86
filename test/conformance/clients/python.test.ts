/** The Python client's dynamic client. Left out where there is no Python, or no way to install packages for it. */
import { expect, test } from "vitest";
import { pythonClient } from "./python.ts";
import { testClient } from "./suite.ts";

const prepared = await pythonClient().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);

if (prepared instanceof Error) {
  const [reason = ""] = prepared.message.split("\n");
  console.warn(`Python skipped: ${prepared.message}`);
  test(`the Python client is left out: ${reason}`, () => {
    expect(reason).toMatch(/python3? -m (venv|pip install)|python3 ENOENT/);
  });
} else {
  testClient({
    name: "Python",
    unavailable: undefined,
    build: () => Promise.resolve(prepared),
    standalone: { without: [] },
    checks: [
      "create, get and delete: defaults in the answer, typed errors for what is not there",
      "list: chosen by labels and fields, in pages that end",
      "watch: what happens after a list comes in order, and the stream ends by itself",
      "patch: merge and JSON do what they say, the client's default of a strategic one is refused",
      "server-side apply: a conflict names the manager and the field, force takes it over",
      "subresources: status and scale are found by discovery and written apart",
    ],
  });
}
