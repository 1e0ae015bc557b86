import { forbidden } from "../../api/errors/catalogue.ts";
import type { Clock } from "../../machinery/clock.ts";
import { nameIn } from "./name-in.ts";
import type { AdmissionAttributes } from "./plugin.ts";

/** How long a request waits for configurations that have not been read yet. */
const readyWithinMs = 10_000;

/** Resolves when what is followed was read once. Throws Forbidden when that takes too long. */
export async function untilSynced(
  source: { readonly hasSynced: boolean; readonly synced: Promise<void> },
  clock: Clock,
  a: AdmissionAttributes,
): Promise<void> {
  if (source.hasSynced) return;
  let cancel = (): void => undefined;
  const late = new Promise<"late">((resolve) => {
    cancel = clock.setTimeout(() => {
      resolve("late");
    }, readyWithinMs);
  });
  const first = await Promise.race([source.synced, late]);
  cancel();
  if (first === "late") throw forbidden(a.resource, nameIn(a), "not yet ready to handle request");
}
