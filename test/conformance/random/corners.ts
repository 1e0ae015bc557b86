/**
 * A program about Twins as one about Corners, whose schema has what that of a Twin has not: sets of all kinds, lists in
 * items, versions with fields of their own, a count below another field. What is not in a schema stays as it is.
 */
import { isObject } from "../../../machinery/json/value.ts";
import type { Fields } from "./content.ts";
import { word } from "./content.ts";
import { oddValue, shortest } from "./odd-values.ts";
import type { RandomSource } from "./random-source.ts";
import type { Request } from "./steps/step.ts";

type Make = (random: RandomSource) => unknown;

const small: Make = (random) => random.integer(4);
const letters = ["a", "b", "c"] as const;
const halves = [0.5, 1.5, 2.5] as const;

const fields: Readonly<Record<string, Make>> = {
  leaf: (r) => r.pick(["a", "b", "2020-01-01T00:00:00Z", "7", "x".repeat(41)]),
  "foo-bar": word,
  namespace: word,
  deep: (r) => r.pick([{}, { count: small(r) }, { leaf: word(r) }, { list: r.some(letters) }]),
  single: (r) => r.pick([1.25, 3, 0.5]),
  double: (r) => r.pick([...halves, 0.3, 1]),
  small: (r) => r.pick([1, 2, 2_147_483_648]),
  even: (r) => r.pick([2, 4, 3]),
  half: (r) => r.pick([0.5, 1, 1.5, 1.7]),
  sure: (r) => r.isTrue(0.9),
  maybe: (r) => r.pick(["a", "b", "c"]),
  shape: (r) => r.pick([{ a: 1 }, { a: 2 }, { a: 3 }]),
  numbers: (r) => r.some([1, 2, 3]),
  floats: (r) => r.some(halves),
  flags: (r) => r.some([true, false]),
  mixed: (r) => r.some<unknown>([1, "1", 2]),
  boxes: (r) => r.some([{ x: 1 }, { x: 2, z: 1 }], 0.4),
  lists: (r) => r.some([[1], [1, 2]], 0.3),
  grid: (r) => r.some([[1, 2], [], [9]]),
  parts: (r) =>
    r.some(letters).map((name) => ({
      name,
      ...(r.isTrue(0.5) ? { size: small(r) } : {}),
      ...(r.isTrue(0.4) ? { bits: bits(r) } : {}),
    })),
  empties: (r) => r.pick<unknown>([null, [], [null, "a"], ["a"]]),
  hollow: (r) => r.pick<unknown>([null, {}, { a: "c" }]),
  filled: (r) => r.pick<unknown>([null, {}, { a: "c" }]),
  port: (r) => r.pick<unknown>([80, "80", "50%", 101, "abc"]),
  share: (r) => r.pick<unknown>([1, "5%", 0, "5"]),
  ports: (r) => Object.fromEntries(r.some(letters).map((key) => [key, r.pick<unknown>([1, "1"])])),
  lookup: (r) => Object.fromEntries(r.some(letters).map((key) => [key, r.some(letters)])),
  tree: (r) => Object.fromEntries(r.some(letters).map((key) => [key, { [r.pick(letters)]: small(r) }])),
  fixed: (r) => Object.fromEntries(r.some(letters).map((key) => [key, word(r)])),
  pods: (r) => r.some([{ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { a: 1 } }]),
  bags: (r) => r.some([{}, { a: 1 }, { b: [1] }]),
  extra: word,
};
const names = Object.keys(fields);

const bits = (random: RandomSource): readonly Fields[] =>
  random.some([1, 2]).map((at) => ({
    at,
    ...(random.isTrue(0.5) ? { high: random.isTrue(0.5) } : {}),
    ...(random.isTrue(0.3) ? { note: word(random) } : {}),
  }));

/** What the other version knows. */
const known = ["leaf", "extra", "deep"] as const;

function aSpec(random: RandomSource, isOther: boolean): Fields {
  const spec: Fields = {};
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const name = isOther && random.isTrue(0.95) ? random.pick(known) : random.pick(names);
    spec[name] = random.isTrue(0.02) ? oddValue(random) : fields[name]!(random);
  }
  return spec;
}

/** A request of such a program. */
export function asCorner(request: Request, random: RandomSource): Request {
  const out: Record<string, unknown> = { ...request };
  for (const verb of ["get", "post", "put", "patch", "delete", "send"] as const) {
    const target = request[verb];
    if (target !== undefined) out[verb] = cornerTarget(target);
  }
  // A Scale is the same whatever it scales.
  if ([request.put, request.patch].some((target) => target?.includes("/scale") === true)) return out;
  const { twin, apply, merge, ops } = request;
  const making = {
    random,
    target: [out["post"], out["put"], out["patch"]].find((one) => one !== undefined) as string,
  };
  if (twin !== undefined) {
    out["object"] = corner(twin, making, (spec) => spec);
    delete out["twin"];
  }
  if (apply !== undefined) out["apply"] = corner(apply, making, (spec) => spec);
  // What is refused is shown as it was sent, and what is sent here in the digits of Go.
  if (isFields(merge)) out["merge"] = corner(merge, making, shortest);
  if (Array.isArray(ops)) out["ops"] = ops.map((op: unknown) => cornerOperation(op, random));
  return out;
}

const renamed: readonly (readonly [RegExp, string])[] = [
  [/^(\w+ )?v1(?:beta1|alpha1):/, "$1v2beta1:"],
  [/\btwins\b/, "corners"],
  [/spec\.color%3Dred/, "spec.leaf%3Da"],
  [/spec\.color/g, "spec.leaf"],
  [/spec\.replicas/g, "spec.deep.count"],
  [/spec\.enabled/g, "spec.deep.leaf"],
];

const cornerTarget = (target: string): string =>
  renamed.reduce((text, [pattern, by]) => text.replace(pattern, by), target);

function corner(content: Fields, { random, target }: Making, form: (spec: Fields) => unknown): Fields {
  const out = { ...content };
  const isOther = target.startsWith("v2beta1:");
  if (out["version"] !== undefined) out["version"] = "v2beta1";
  if (isFields(out["spec"])) out["spec"] = form(aSpec(random, isOther));
  if (isFields(out["status"])) out["status"] = { note: word(random), deep: { count: small(random) } };
  return out;
}

/** By what a body is made, and for which target. */
interface Making {
  readonly random: RandomSource;
  readonly target: string;
}

const places = [
  "/spec/parts/0",
  "/spec/parts/-",
  "/spec/deep/list/0",
  "/spec/deep/count",
  "/spec/lookup/a",
] as const;

function cornerOperation(operation: unknown, random: RandomSource): unknown {
  if (!isFields(operation) || typeof operation["path"] !== "string") return operation;
  if (!operation["path"].startsWith("/spec/")) return operation;
  const name = random.pick(names);
  const path = random.isTrue(0.7) ? `/spec/${name}` : random.pick(places);
  const { value, from, ...rest } = operation;
  return {
    ...rest,
    path,
    ...(from === undefined ? {} : { from: `/spec/${random.pick(names)}` }),
    ...(value === undefined
      ? {}
      : { value: operation["op"] === "test" ? 1 : shortest(fields[name]!(random)) }),
  };
}

const isFields = (value: unknown): value is Fields => isObject(value);
