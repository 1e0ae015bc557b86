/** Parts of Twins: mostly valid, now and then not. */
import type { RandomSource } from "./random-source.ts";

type Make = (random: RandomSource) => unknown;
type Fields = Record<string, unknown>;

const words = ["a", "b", "c", "abc", "xyz"] as const;
const word: Make = (random) => random.pick(words);
const small: Make = (random) => random.integer(5);

const fields: Readonly<Record<string, Make>> = {
  color: (r) => (r.isTrue(0.03) ? "pink" : r.pick(["red", "green", "blue"])),
  enabled: (r) => r.isTrue(0.5),
  replicas: (r) => (r.isTrue(0.03) ? r.pick([11, -1, "many"]) : r.integer(4)),
  big: (r) => r.pick([1, 2, 9_000_000_000]),
  low: small,
  high: (r) => r.integer(8),
  ratio: (r) => r.pick([0, 0.25, 1, 2]),
  title: (r) => r.pick(["hello", "world", "forbidden", "x"]),
  slug: (r) => r.pick(["abc", "def", "ABC"]),
  port: (r) => r.pick([80, "80", "http", 443]),
  nothing: (r) => r.pick([null, "x"]),
  immut: (r) => r.pick(["x", "x", "x", "y"]),
  counter: small,
  quantity: (r) => r.pick(["1Gi", "500m", "nope"]),
  tags: (r) => r.some(words),
  items: (r) =>
    r.some(["a", "b", "c", "d"]).map((name) => ({
      name,
      ...(r.isTrue(0.6) ? { value: r.pick([1, 2, 3, 13]) } : {}),
      ...(r.isTrue(0.2) ? { level: r.pick(["low", null]) } : {}),
    })),
  ports: (r) =>
    r.some([80, 81]).map((port) => ({
      port,
      ...(r.isTrue(0.4) ? { protocol: r.pick(["TCP", "UDP"]) } : {}),
      ...(r.isTrue(0.3) ? { note: word(r) } : {}),
    })),
  steps: (r) => [...r.some(words), "end"],
  pairs: (r) => r.some(words).map((left) => (r.isTrue(0.5) ? { left } : { left, right: small(r) })),
  labels: (r) => Object.fromEntries(r.some(words).map((key) => [key, word(r)])),
  sizes: (r) => Object.fromEntries(r.some(["s", "m"]).map((key) => [key, { width: small(r) }])),
  selector: (r) => Object.fromEntries(r.some(["app", "tier"]).map((key) => [key, word(r)])),
  nested: (r) =>
    r.pick([{}, { depth: small(r) }, { inner: {} }, { inner: { mode: word(r), extra: word(r) } }]),
  choice: (r) => r.pick([{ left: "l" }, { right: "r" }, { left: "l", right: "r" }]),
  free: (r) => Object.fromEntries(r.some(words, 0.4).map((key) => [key, anything(r, 2)])),
  anything: (r) => anything(r, 2),
  template: (r) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { labels: { a: word(r) } },
    spec: anything(r, 1),
  }),
  bogus: small,
};

const rare = new Set(["bogus", "choice", "template", "quantity", "slug"]);

/** Some fields of a spec. */
export function aSpec(random: RandomSource): Fields {
  const names = Object.keys(fields);
  const spec: Fields = {};
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const name = random.pick(names);
    if (rare.has(name) && random.isTrue(0.7)) continue;
    spec[name] = fields[name]!(random);
  }
  return spec;
}

/** The name of a field of the spec and a value for it. */
export function aField(random: RandomSource): readonly [string, unknown] {
  const name = random.pick(Object.keys(fields));
  return [name, fields[name]!(random)];
}

export function aStatus(random: RandomSource): Fields {
  const conditions = random
    .some(["Ready", "Done"])
    .map((type) => ({ type, status: random.pick(["True", "False"]), message: word(random) }));
  return {
    ...(random.isTrue(0.5) ? { phase: random.isTrue(0.05) ? "Odd" : random.pick(["Ready", "Pending"]) } : {}),
    ...(random.isTrue(0.4) ? { replicas: small(random) } : {}),
    ...(random.isTrue(0.3) ? { selector: "app=x" } : {}),
    ...(random.isTrue(0.5) ? { conditions } : {}),
  };
}

/** Labels, annotations and finalizers. */
export function someMetadata(random: RandomSource): Fields {
  const map = (): Fields => ({ app: word(random), ...(random.isTrue(0.5) ? { tier: word(random) } : {}) });
  return {
    ...(random.isTrue(0.4) ? { labels: map() } : {}),
    ...(random.isTrue(0.2) ? { annotations: map() } : {}),
    ...(random.isTrue(0.1) ? { finalizers: ["x.io/a", ...random.some(["x.io/b"])] } : {}),
  };
}

function anything(random: RandomSource, depth: number): unknown {
  const scalar = (): unknown => random.pick([1, "s", true, 1.5, null]);
  if (depth === 0) return scalar();
  if (random.isTrue(0.2)) return random.some(words, 0.3).map(() => anything(random, depth - 1));
  return Object.fromEntries(random.some(words, 0.4).map((key) => [key, anything(random, depth - 1)]));
}
