import { rv } from "../metadata.ts";
import type { RandomSource } from "../random-source.ts";
import type { Step } from "./step.ts";
import { appliers, names, options } from "./step.ts";

const odd: readonly unknown[] = [-1, 1.5, 11, 2_147_483_648, "3", null, true, {}, []];

/** Reads and writes the scale of an object. */
export const scale: Step = (random) => {
  const name = random.pick(names);
  const path = `${random.isTrue(0.96) ? "" : "v1beta1:"}twins/${name}/scale`;
  const spec = { replicas: random.isTrue(0.05) ? random.pick(odd) : random.integer(5) };
  switch (random.integer(6)) {
    case 0:
      return {
        get: path,
        ...(random.isTrue(0.2) ? { accept: random.pick(["table", "partial", "yaml"]) } : {}),
      };
    case 1:
    case 2:
      return { put: path + options(random, "sc"), body: scaleObject(random, name, spec) };
    case 3:
      return {
        patch: path + options(random, "sc"),
        merge: random.isTrue(0.9) ? { spec } : { metadata: { labels: { a: "b" } } },
      };
    case 4: {
      const op = random.pick(["add", "replace", "replace", "test", "remove"]);
      const place = random.isTrue(0.9) ? "/spec/replicas" : "/status/replicas";
      return { patch: path + options(random, "sc"), ops: [{ op, path: place, value: spec.replicas }] };
    }
    default: {
      const isForced = random.isTrue(0.4);
      const body = JSON.stringify(scaleObject(random, name, { replicas: random.integer(5) }));
      const headers = { "content-type": "application/apply-patch+yaml" };
      return { patch: path + options(random, random.pick(appliers), isForced), headers, body };
    }
  }
};

function scaleObject(random: RandomSource, name: string, spec: object): object {
  const head = random.isTrue(0.95)
    ? { apiVersion: "autoscaling/v1", kind: "Scale" }
    : random.pick<object>([
        {},
        { apiVersion: "autoscaling/v2", kind: "Scale" },
        { apiVersion: "autoscaling/v1", kind: "Other" },
      ]);
  const resourceVersion = random.isTrue(0.4)
    ? { resourceVersion: random.pick([rv(name), rv(name), "1", "x"]) }
    : {};
  const called = random.isTrue(0.95)
    ? { name, namespace: "{{ns}}" }
    : random.pick<object>([{}, { name: "wrong" }, { name }]);
  const metadata = { ...called, ...resourceVersion };
  return {
    ...head,
    metadata,
    ...(random.isTrue(0.95) ? { spec } : {}),
    ...(random.isTrue(0.1) ? { status: { replicas: 9 } } : {}),
  };
}
