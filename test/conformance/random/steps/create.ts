import { aSpecOr } from "../content.ts";
import { someMetadata } from "../metadata.ts";
import type { Step } from "./step.ts";
import { aVersion, forms, names, options, updaters } from "./step.ts";

/** Creates an object, under a name of its own or one the server completes. */
export const create: Step = (random, at) => {
  const { prefix, fields } = aVersion(random);
  const called = random.isTrue(0.06) ? { generateName: `g${String(at)}-` } : { name: random.pick(names) };
  const name = "name" in called ? called.name : "a";
  const status = random.isTrue(0.05) ? { status: { phase: "Ready" } } : {};
  const revision = random.isTrue(0.02) ? { resourceVersion: "5" } : {};
  const twin = {
    ...fields,
    ...called,
    ...revision,
    ...someMetadata(random, name),
    ...aSpecOr(random, prefix),
    ...status,
  };
  return { post: `${prefix}twins${options(random, random.pick(updaters))}`, twin, ...forms(random) };
};
