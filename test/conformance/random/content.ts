/** Parts of Twins: mostly valid, now and then not. */
import { oddKeys, oddScalar, oddValue, wholeFloats } from "./odd-values.ts";
import type { RandomSource } from "./random-source.ts";

type Make = (random: RandomSource) => unknown;
export type Fields = Record<string, unknown>;

const words = ["a", "b", "c", "abc", "xyz"] as const;
export const word: Make = (random) => random.pick(words);
const small: Make = (random) => random.integer(5);

const fields: Readonly<Record<string, Make>> = {
  color: (r) => (r.isTrue(0.03) ? "pink" : r.pick(["red", "green", "blue"])),
  enabled: (r) => r.isTrue(0.5),
  replicas: (r) => (r.isTrue(0.03) ? r.pick([11, -1, "many"]) : r.integer(4)),
  big: (r) => r.pick([1, 2, 9_000_000_000, { $raw: "9007199254740993" }]),
  low: small,
  high: (r) => r.integer(8),
  step: (r) => r.pick([5, 10, 0, 3]),
  ratio: (r) => r.pick([0, 0.25, 1, 2]),
  title: (r) => r.pick(["hello", "world", "forbidden", "x", "déjà"]),
  slug: (r) => r.pick(["abc", "def", "ABC"]),
  when: (r) => r.pick(["2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00", "yesterday", ""]),
  day: (r) => r.pick(["2024-02-29", "2023-02-29"]),
  span: (r) => r.pick(["1h", "1h30m", "1 hour", "-5s"]),
  blob: (r) => r.pick(["YWJj", "abc", ""]),
  id: (r) => r.pick(["11111111-2222-3333-4444-555555555555", "1"]),
  address: (r) => r.pick(["10.0.0.1", "10.0.0.256", "::1"]),
  address6: (r) => r.pick(["::1", "10.0.0.1"]),
  net: (r) => r.pick(["10.0.0.0/8", "10.0.0.0"]),
  mail: (r) => r.pick(["a@b.c", "nobody"]),
  link: (r) => r.pick(["https://x.io/a?b=c", "x"]),
  host: (r) => r.pick(["x.io", "-x"]),
  odd: word,
  port: (r) => r.pick([80, "80", "http", 443]),
  nothing: (r) => r.pick([null, "x"]),
  nothingDefault: (r) => r.pick([null, "x"]),
  immut: (r) => r.pick(["x", "x", "x", "y"]),
  counter: small,
  quantity: (r) => r.pick(["1Gi", "500m", "nope"]),
  tags: (r) => doubled(r, r.some(words)),
  items: (r) =>
    doubled(
      r,
      r.some(["a", "b", "c", "d"]).map((name) => ({
        name,
        ...(r.isTrue(0.6) ? { value: r.pick([1, 2, 3, 13]) } : {}),
        ...(r.isTrue(0.2) ? { level: r.pick(["low", null]) } : {}),
      })),
    ),
  ports: (r) =>
    doubled(
      r,
      r.some([80, 81]).map((port) => ({
        port,
        ...(r.isTrue(0.4) ? { protocol: r.pick(["TCP", "UDP"]) } : {}),
        ...(r.isTrue(0.3) ? { note: word(r) } : {}),
      })),
    ),
  steps: (r) => [...r.some(words), ...(r.isTrue(0.95) ? ["end"] : [])],
  pairs: (r) => r.some(words).map((left) => (r.isTrue(0.5) ? { left } : { left, right: small(r) })),
  labels: (r) => Object.fromEntries(r.some(words).map((key) => [key, word(r)])),
  sizes: (r) =>
    Object.fromEntries(
      r.some(["s", "m"]).map((key) => [key, r.isTrue(0.9) ? { width: small(r) } : { unit: "cm" }]),
    ),
  selector: (r) => Object.fromEntries(r.some(["app", "tier"]).map((key) => [key, word(r)])),
  nested: (r) =>
    r.pick([{}, { depth: small(r) }, { inner: {} }, { inner: { mode: word(r), extra: word(r) } }]),
  choice: (r) => r.pick([{ left: "l" }, { right: "r" }, { left: "l", right: "r" }]),
  either: (r) => r.pick([{ a: 10 }, { a: 9 }, { b: 1 }, {}]),
  bounded: (r) => r.pick([{ num: 9 }, { num: 10 }, { bad: "x" }, {}]),
  free: (r) => freeMap(r, 2),
  anything: (r) => anything(r, 2),
  template: (r) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: embeddedMetadata(r),
    spec: anything(r, 1),
  }),
  sealed: (r) =>
    r.pick<unknown>([
      { apiVersion: "v1", kind: "Pod", metadata: embeddedMetadata(r), spec: {} },
      { apiVersion: "v1", kind: "Pod", spec: { x: small(r), y: 1 }, extra: 1 },
      { kind: "Pod" },
      { apiVersion: "a/b/c", kind: "" },
    ]),
  bogus: small,
};

/** Fields that make most objects invalid, or unlike others. */
const rare = new Set([
  "address",
  "address6",
  "blob",
  "bogus",
  "bounded",
  "choice",
  "day",
  "either",
  "host",
  "id",
  "link",
  "mail",
  "net",
  "quantity",
  "sealed",
  "slug",
  "span",
  "step",
  "template",
  "when",
]);
const names = Object.keys(fields);

/** Some fields of a spec. */
export function aSpec(random: RandomSource): Fields {
  const spec: Fields = {};
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const [name, value] = aField(random);
    if (rare.has(name) && random.isTrue(0.7)) continue;
    spec[name] = value;
  }
  return spec;
}

const plain = new Set(["enabled", "big", "low", "selector", "nested", "anything", "odd"]);

/** A spec that is valid whether it is looked at or not. */
export function aPlainSpec(random: RandomSource): Fields {
  const picked = random.some([...plain], 0.3);
  return Object.fromEntries(picked.map((name) => [name, fields[name]!(random)]));
}

/** A spec, or now and then something else in its place. */
export function aSpecOr(random: RandomSource, prefix: string): Fields {
  // The version without a schema would take anything, and how kube-apiserver goes on from there is its own affair.
  if (prefix === "v1alpha1:") return { spec: aPlainSpec(random) };
  if (random.isTrue(0.92)) return { spec: aSpec(random) };
  return random.pick<Fields>([{}, { spec: {} }, { spec: null }, { spec: [] }, { spec: "x" }, { specs: {} }]);
}

/** The name of a field of the spec and a value for it. */
export function aField(random: RandomSource): readonly [string, unknown] {
  const name = random.pick(names);
  if (random.isTrue(0.025)) return [name, oddValue(random)];
  return [name, fields[name]!(random)];
}

export function aStatus(random: RandomSource): Fields {
  const conditions = doubled(
    random,
    random
      .some(["Ready", "Done"])
      .map((type) => ({ type, status: random.pick(["True", "False"]), message: word(random) })),
  );
  return {
    ...(random.isTrue(0.5) ? { phase: random.isTrue(0.05) ? "Odd" : random.pick(["Ready", "Pending"]) } : {}),
    ...(random.isTrue(0.4) ? { replicas: small(random) } : {}),
    ...(random.isTrue(0.3) ? { selector: "app=x" } : {}),
    ...(random.isTrue(0.2) ? { checked: random.isTrue(0.5) } : {}),
    ...(random.isTrue(0.5) ? { conditions } : {}),
    ...(random.isTrue(0.03) ? { phase: oddValue(random) } : {}),
  };
}

/** A list, now and then with one of its items a second time. */
function doubled<T>(random: RandomSource, items: readonly T[]): readonly T[] {
  return items.length > 0 && random.isTrue(0.04) ? [...items, random.pick(items)] : items;
}

function embeddedMetadata(random: RandomSource): unknown {
  return random.pick<unknown>([
    { labels: { a: word(random) } },
    { labels: { a: word(random) } },
    { labels: {} },
    { name: "x", bogus: 1 },
    { labels: { a: 1 } },
    { creationTimestamp: null },
    null,
  ]);
}

function anything(random: RandomSource, depth: number): unknown {
  const scalar = (): unknown =>
    random.isTrue(0.15)
      ? oddScalar(random)
      : random.pick([1, "s", true, 1.5, null, ...random.some(wholeFloats, 0.05)]);
  if (depth === 0) return scalar();
  if (random.isTrue(0.2)) return random.some(words, 0.3).map(() => anything(random, depth - 1));
  return freeMap(random, depth);
}

function freeMap(random: RandomSource, depth: number): Fields {
  const keys: string[] = random.some(words, 0.4);
  if (random.isTrue(0.1)) keys.push(random.pick(oddKeys));
  return Object.fromEntries(keys.map((key) => [key, anything(random, depth - 1)]));
}
