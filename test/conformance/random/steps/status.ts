import { aPlainSpec, aStatus } from "../content.ts";
import { appliedMetadata, rv, someMetadata, someRevision } from "../metadata.ts";
import { shortest } from "../odd-values.ts";
import type { Step } from "./step.ts";
import { appliers, aVersion, forms, names, options } from "./step.ts";

/** Writes a status, in each of the ways there are. */
export const status: Step = (random) => {
  const name = random.pick(names);
  const { prefix, fields } = aVersion(random);
  const path = `${prefix}twins/${name}/status`;
  const content =
    prefix === "v1alpha1:" || random.isTrue(0.97)
      ? { status: aStatus(random) }
      : random.pick([{}, { status: null }, { status: [] }]);
  const spec = random.isTrue(0.1) ? { spec: aPlainSpec(random) } : {};
  const metadata = random.isTrue(0.3) ? someMetadata(random, name) : {};
  switch (random.integer(5)) {
    case 0:
    case 1:
      return {
        put: path + options(random, "st"),
        twin: { ...fields, name, ...someRevision(random, name), ...metadata, ...spec, ...content },
        ...forms(random),
      };
    case 2:
      return { patch: path + options(random, "st"), merge: shortest({ ...spec, metadata, ...content }) };
    case 3: {
      const value = random.pick<unknown>(["Ready", "Pending", "Odd", null, 5]);
      const op = random.pick(["add", "replace", "remove", "test"]);
      return {
        patch: path + options(random, "st"),
        ops: [
          ...(random.isTrue(0.2)
            ? [{ op: "replace", path: "/metadata/resourceVersion", value: rv(name) }]
            : []),
          {
            op,
            path: random.pick(["/status/phase", "/status", "/status/conditions/0", "/spec/color"]),
            value,
          },
        ],
      };
    }
    default:
      return {
        patch: path + options(random, random.pick(appliers), random.isTrue(0.4)),
        apply: {
          ...fields,
          name,
          ...(random.isTrue(0.3) ? appliedMetadata(random, name) : {}),
          ...spec,
          ...content,
        },
      };
  }
};
