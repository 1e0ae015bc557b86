/** Programs of random requests. Each stands for itself: what a request refers to has a value even when it is not known. */
import type { Exchange } from "../replay/exchange.ts";
import { aField, aSpec, aStatus, someMetadata } from "./content.ts";
import { RandomSource } from "./random-source.ts";

const names = ["a", "b", "c"] as const;
const managers = ["m1", "m2", "m3"] as const;
const updaters = ["u1", "u2"] as const;

type Step = (random: RandomSource) => Omit<Exchange, "name">;

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [14, create],
  [16, update],
  [14, mergePatch],
  [8, jsonPatch],
  [22, apply],
  [6, status],
  [5, scale],
  [6, remove],
  [1, removeMany],
  [8, list],
  [4, read],
  [2, malformed],
];
const total = steps.reduce((sum, [weight]) => sum + weight, 0);

/** A program of so many requests and a watch over all of them. */
export function aProgram(seed: number, length: number): Exchange[] {
  const random = new RandomSource(seed);
  const program: Exchange[] = [
    { name: "the first object", post: "twins?fieldManager=u1", twin: { name: "a", spec: aSpec(random) } },
    { name: "a watch", open: "watch", get: "twins?watch=1&resourceVersion={{a.rv|}}" },
  ];
  for (let i = 0; i < length; i++) program.push({ name: `step ${String(i)}`, ...aStep(random) });
  program.push({ name: "what the watch saw", read: "watch", count: -1 });
  return program;
}

function aStep(random: RandomSource): Omit<Exchange, "name"> {
  let at = random.integer(total);
  for (const [weight, step] of steps) {
    at -= weight;
    if (at < 0) return step(random);
  }
  return read(random);
}

/** The last resourceVersion known of an object, or 1. */
const rv = (name: string): string => `{{${name}.rv|1}}`;

/** Options of a write, as a query. */
function options(random: RandomSource, manager: string, force = false): string {
  return [
    `?fieldManager=${manager}`,
    ...(random.isTrue(0.08) ? ["&dryRun=All"] : []),
    ...(random.isTrue(0.1) ? [`&fieldValidation=${random.pick(["Strict", "Ignore", "Warn"])}`] : []),
    ...(force ? ["&force=true"] : []),
  ].join("");
}

function create(random: RandomSource): Omit<Exchange, "name"> {
  const twin = { name: random.pick(names), ...someMetadata(random), spec: aSpec(random) };
  return { post: `twins${options(random, random.pick(updaters))}`, twin };
}

function update(random: RandomSource): Omit<Exchange, "name"> {
  const name = random.pick(names);
  const resourceVersion = random.isTrue(0.9) ? rv(name) : random.pick(["1", "", "x"]);
  const twin = { name, resourceVersion, ...someMetadata(random), spec: aSpec(random) };
  return { put: `twins/${name}${options(random, random.pick(updaters))}`, twin };
}

function mergePatch(random: RandomSource): Omit<Exchange, "name"> {
  const spec = Object.fromEntries(
    Object.entries(aSpec(random)).map(([key, v]) => [key, random.isTrue(0.2) ? null : v]),
  );
  const metadata = random.isTrue(0.4) ? { metadata: someMetadata(random) } : {};
  return {
    patch: `twins/${random.pick(names)}${options(random, random.pick(updaters))}`,
    merge: { ...metadata, ...(random.isTrue(0.8) ? { spec } : {}) },
  };
}

function jsonPatch(random: RandomSource): Omit<Exchange, "name"> {
  const operations = Array.from({ length: 1 + random.integer(3) }, () => {
    const [field, value] = aField(random);
    const op = random.pick(["add", "add", "replace", "remove", "test"]);
    const path = random.pick([
      `/spec/${field}`,
      `/spec/${field}`,
      "/metadata/labels/app",
      "/spec/tags/-",
      "/spec/items/0",
    ]);
    return op === "remove" ? { op, path } : { op, path, value: path.startsWith("/meta") ? "v" : value };
  });
  return { patch: `twins/${random.pick(names)}${options(random, random.pick(updaters))}`, ops: operations };
}

function apply(random: RandomSource): Omit<Exchange, "name"> {
  const name = random.pick(names);
  const manager = random.pick(managers);
  return {
    patch: `twins/${name}${options(random, manager, random.isTrue(0.4))}`,
    apply: {
      name,
      ...someMetadata(random),
      ...(random.isTrue(0.9) ? { spec: aSpec(random) } : {}),
    },
  };
}

function status(random: RandomSource): Omit<Exchange, "name"> {
  const name = random.pick(names);
  const path = `twins/${name}/status`;
  const content = aStatus(random);
  switch (random.integer(3)) {
    case 0:
      return {
        put: path + options(random, "st"),
        twin: { name, resourceVersion: rv(name), ...someMetadata(random), status: content },
      };
    case 1:
      return { patch: path + options(random, "st"), merge: { status: content } };
    default:
      return {
        patch: path + options(random, random.pick(managers), random.isTrue(0.4)),
        apply: { name, status: content },
      };
  }
}

/** Only reads: kube-apiserver writes, and splits its entries, when a scale is set to what it is. */
function scale(random: RandomSource): Omit<Exchange, "name"> {
  return { get: `twins/${random.pick(names)}/scale` };
}

function remove(random: RandomSource): Omit<Exchange, "name"> {
  const name = random.pick(names);
  const propagationPolicy = random.pick(["Background", "Foreground", "Orphan"]);
  const preconditions = random.isTrue(0.5) ? { resourceVersion: rv(name) } : { uid: `{{${name}.uid|x}}` };
  return random.pick<Omit<Exchange, "name">>([
    { delete: `twins/${name}` },
    { delete: `twins/${name}?dryRun=All` },
    { delete: `twins/${name}?propagationPolicy=${propagationPolicy}` },
    { delete: `twins/${name}`, body: { kind: "DeleteOptions", apiVersion: "v1", preconditions } },
  ]);
}

function removeMany(random: RandomSource): Omit<Exchange, "name"> {
  return {
    delete: `twins${random.pick(["?labelSelector=app%3Da", "?labelSelector=!app", "?dryRun=All", ""])}`,
  };
}

/** Nothing that may be answered from a cache: that may be behind, on either server. */
function list(random: RandomSource): Omit<Exchange, "name"> {
  const query = random.pick([
    "",
    "?labelSelector=app+in+(a,b)",
    "?labelSelector=tier",
    "?fieldSelector=spec.color%3Dred",
    "?fieldSelector=spec.replicas!%3D1",
    "?limit=1",
    "?limit=2&labelSelector=app",
    "?limit=1&continue={{page.continue|}}",
    "?resourceVersion={{b.rv|}}&resourceVersionMatch=Exact",
  ]);
  const accept = random.pick([undefined, undefined, "table", "partialList"]);
  return { get: `twins${query}`, as: "page", ...(accept === undefined ? {} : { accept }) };
}

function read(random: RandomSource): Omit<Exchange, "name"> {
  const accept = random.pick([undefined, undefined, "table", "partial"]);
  return {
    get: `twins/${random.pick(names)}`,
    ...(accept === undefined ? {} : { accept }),
  };
}

function malformed(random: RandomSource): Omit<Exchange, "name"> {
  const body = random.pick(['{"a":', "[]", '"x"', "null", '{"apiVersion":"v1","kind":"Twin"}', ""]);
  return random.pick<Omit<Exchange, "name">>([
    { post: "twins", body },
    { put: "twins/a", body },
    { patch: "twins/a", merge: body },
    { patch: "twins/a", ops: body },
    { delete: "twins/a?dryRun=All", body },
  ]);
}
