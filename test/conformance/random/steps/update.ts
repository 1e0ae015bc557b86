import { aSpecOr, aStatus } from "../content.ts";
import { someMetadata, someRevision } from "../metadata.ts";
import type { Step } from "./step.ts";
import { aVersion, forms, names, options, updaters } from "./step.ts";

/** Replaces an object. */
export const update: Step = (random) => {
  const name = random.pick(names);
  const { prefix, fields } = aVersion(random);
  const status = random.isTrue(0.06) ? { status: aStatus(random) } : {};
  const body = { ...fields, name, ...someRevision(random, name), ...someMetadata(random, name) };
  const twin = { ...body, ...aSpecOr(random, prefix), ...status };
  return { put: `${prefix}twins/${name}${options(random, random.pick(updaters))}`, twin, ...forms(random) };
};
