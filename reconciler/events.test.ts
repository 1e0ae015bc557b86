import { describe, expect, test } from "vitest";
import { ApiError } from "../api/errors/api-error.ts";
import { forbidden, notFound, serviceUnavailable } from "../api/errors/catalogue.ts";
import type { Client } from "../cluster/client.ts";
import { fakeClock } from "../machinery/clock.ts";
import { createEventRecorder } from "./events.ts";
import { aModelDeployment } from "./testing/objects.ts";

const events = { group: "", resource: "events" };
const going = "unable to create new content in namespace default because it is being terminated";

describe("an event that cannot be written", () => {
  test.each<{ says: string; error: Error; reported: number }>([
    {
      says: "because its namespace is going is forgotten",
      error: forbidden(events, "e", going),
      reported: 0,
    },
    {
      says: "because its namespace is going, as the cause says, is forgotten",
      error: new ApiError({
        code: 403,
        reason: "Forbidden",
        message: "no",
        details: { causes: [{ reason: "NamespaceTerminating", message: "no", field: "metadata.namespace" }] },
      }),
      reported: 0,
    },
    {
      says: "because its namespace is gone is forgotten",
      error: notFound({ group: "", resource: "namespaces" }, "default"),
      reported: 0,
    },
    {
      says: "because Hawsepipe may not is reported",
      error: forbidden(events, "e", "no"),
      reported: 1,
    },
    { says: "because nobody answers is reported", error: serviceUnavailable("away"), reported: 1 },
  ])("$says", async ({ error, reported }) => {
    const errors: unknown[] = [];
    const client = {
      create: async () => {
        throw error;
      },
    } as unknown as Client;
    const recorder = createEventRecorder({
      client,
      clock: fakeClock(),
      onError: (_what, thrown) => errors.push(thrown),
    });
    recorder.record(aModelDeployment(), { type: "Normal", reason: "Created", message: "created" });
    await recorder.flush();
    expect(errors.length).toBe(reported);
  });
});
