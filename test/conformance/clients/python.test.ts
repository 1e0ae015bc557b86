/** The Python client's dynamic client. Left out where there is no Python, or no way to install packages for it. */
import { test } from "vitest";
import { unlessRequired } from "../../support/control-plane.ts";
import { pythonClient } from "./python.ts";
import { testClient } from "./suite.ts";

const prepared = await pythonClient().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);

/** What is told where there is no Python, or no way to install packages for it. Anything else is a failure. */
const absent = /python3? -m (venv|pip install)|python3 ENOENT/;

if (prepared instanceof Error) {
  const [reason = ""] = prepared.message.split("\n");
  if (!absent.test(reason)) throw prepared;
  unlessRequired(prepared.message);
  console.warn(`Python skipped: ${prepared.message}`);
  test.skip(`the Python client: ${reason}`, () => undefined);
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
