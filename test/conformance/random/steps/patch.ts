import { aField, aPlainSpec, aSpec } from "../content.ts";
import { rv, someMetadata } from "../metadata.ts";
import { oddValue, shortest } from "../odd-values.ts";
import type { RandomSource } from "../random-source.ts";
import type { Step } from "./step.ts";
import { aVersion, forms, names, options, updaters } from "./step.ts";

/** Merges into an object. */
export const mergePatch: Step = (random) => {
  const name = random.pick(names);
  const { prefix } = aVersion(random);
  const spec = Object.fromEntries(
    Object.entries(prefix === "v1alpha1:" ? aPlainSpec(random) : aSpec(random)).map(([key, value]) => [
      key,
      random.isTrue(0.2) ? null : shortest(value),
    ]),
  );
  const metadata = {
    ...someMetadata(random, name),
    ...(random.isTrue(0.1) ? { resourceVersion: random.pick([rv(name), "1", null]) } : {}),
  };
  const merge = {
    ...(random.isTrue(0.4) ? { metadata: shortest(metadata) } : {}),
    ...(random.isTrue(0.8) ? { spec } : {}),
    ...(random.isTrue(0.03) ? random.pick(oddParts) : {}),
  };
  return {
    patch: `${prefix}twins/${name}${options(random, random.pick(updaters))}`,
    merge,
    ...accept(random),
  };
};

const oddParts: readonly Record<string, unknown>[] = [
  { metadata: null },
  { metadata: [] },
  { spec: null },
  { spec: 5 },
  { status: { phase: "Ready" } },
  { kind: "Other" },
  { kind: null },
  { apiVersion: null },
  { bogus: 1 },
];

/** Edits an object operation by operation. */
export const jsonPatch: Step = (random) => {
  const name = random.pick(names);
  const { prefix } = aVersion(random);
  if (prefix === "v1alpha1:") return { get: `${prefix}twins/${name}` };
  const ops = Array.from({ length: 1 + random.integer(3) }, () => operation(random, name));
  return { patch: `${prefix}twins/${name}${options(random, random.pick(updaters))}`, ops, ...accept(random) };
};

const accept = (random: RandomSource): Partial<ReturnType<typeof forms>> => {
  const { accept: form } = forms(random);
  return form === undefined ? {} : { accept: form };
};

const places = [
  "/metadata/labels/app",
  "/metadata/labels/example.com~1a",
  "/spec/tags/-",
  "/spec/tags/0",
  "/spec/items/0",
  "/spec/items/0/value",
  "/spec/steps/1",
  "/spec/labels/a",
  "/spec/free/a",
  "/spec/nested/inner",
  "/spec/nested/inner/mode",
] as const;

const oddPlaces = [
  "",
  "/",
  "/spec",
  "/spec/tags/-1",
  "/spec/tags/99",
  "/spec/tags/01",
  "/spec/tags/+1",
  "/spec/tags/x",
  "/spec/steps/-",
  "/spec/none/none",
  "/spec/free/__proto__",
  "/spec/free/~0~1",
  "/spec/free/~2",
  "spec/color",
  "/metadata",
  "/metadata/labels",
  "/metadata/name",
  "/metadata/finalizers/-",
  "/metadata/resourceVersion",
  "/metadata/managedFields",
  "/kind",
  "/apiVersion",
  "/status",
  "/status/phase",
] as const;

function operation(random: RandomSource, name: string): unknown {
  const [field, given] = aField(random);
  const content = shortest(given);
  const path = place(random, field);
  const value = path.startsWith("/metadata/labels/")
    ? "v"
    : path.endsWith("resourceVersion")
      ? rv(name)
      : content;
  const op = random.pick(["add", "add", "add", "replace", "remove", "test", "copy", "move"]);
  if (random.isTrue(0.02))
    return random.pick<unknown>([{ op: "jump", path }, { path }, { op }, { op, path: 5 }, "x", {}]);
  if (op === "remove") return { op, path };
  // What a server chose itself is not copied to where it could not be told from data.
  if (op === "copy" || op === "move")
    return { op, path, from: random.isTrue(0.1) ? "/spec/none" : inSpec(random, field) };
  // kube-apiserver compares the bytes of what is tested, digits and escapes included.
  if (op === "test") return { op, path, value: plain(value) };
  return { op, path, value: random.isTrue(0.04) ? shortest(oddValue(random)) : value };
}

const plain = (value: unknown): unknown =>
  /raw|null|[^ -~]|[<>&\\]/.test(JSON.stringify(value)) ? 1 : value;

const inSpec = (random: RandomSource, field: string): string =>
  random.isTrue(0.6) ? `/spec/${field}` : random.pick(places.filter((path) => path.startsWith("/spec/")));

function place(random: RandomSource, field: string): string {
  if (random.isTrue(0.12)) return random.pick(oddPlaces);
  return random.isTrue(0.6) ? `/spec/${field}` : random.pick(places);
}
