import type { Overload } from "../overload.ts";
import { overload, perItem, perPair } from "../overload.ts";
import type { Value } from "../value.ts";
import { CelDuration, CelError, CelList, CelMap, CelUint, compare, equal, noSuchOverload } from "../value.ts";
import { add } from "../operators.ts";

const size = (of: { readonly length: number } | CelMap): bigint =>
  BigInt(of instanceof CelMap ? of.size : of.length);

const contains = (list: CelList, item: Value): boolean => {
  for (let i = 0; i < list.length; i++) if (equal(list.at(i), item)) return true;
  return false;
};

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.length; i++) if (compare(list.at(i - 1), list.at(i)) > 0) return false;
  return true;
}

function sum(list: CelList): Value {
  const items = list.toArray();
  const [first] = items;
  // The sum of nothing is the zero of the element type, which only the checker knows; int is what cel-go has for dyn.
  if (first === undefined) return 0n;
  return items.slice(1).reduce((total, item) => add(total, item), first);
}

function extreme(list: CelList, sign: 1 | -1, name: string): Value {
  const items = list.toArray();
  const [first] = items;
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best), first);
}

function indexOf(list: CelList, item: Value): bigint {
  for (let i = 0; i < list.length; i++) if (equal(list.at(i), item)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: CelList, item: Value): bigint {
  for (let i = list.length - 1; i >= 0; i--) if (equal(list.at(i), item)) return BigInt(i);
  return -1n;
}

function slice(list: CelList, from: bigint, to: bigint): CelList {
  if (from < 0n || to < 0n)
    throw new CelError(`cannot slice(${from.toString()}, ${to.toString()}), negative indexes not supported`);
  if (from > to)
    throw new CelError(
      `cannot slice(${from.toString()}, ${to.toString()}), start index must be less than or equal to end index`,
    );
  if (to > size(list))
    throw new CelError(
      `cannot slice(${from.toString()}, ${to.toString()}), list is length ${String(list.length)}`,
    );
  return new CelList(list.toArray().slice(Number(from), Number(to)));
}

function flatten(list: CelList, depth: bigint): CelList {
  if (depth < 0n) throw new CelError("level must be non-negative");
  const out = list.toArray().flatMap((item) => {
    if (!(item instanceof CelList)) return [item];
    return depth > 1n ? flatten(item, depth - 1n).toArray() : item.toArray();
  });
  return new CelList(out);
}

function distinct(list: CelList): CelList {
  const out: Value[] = [];
  for (const item of list.toArray()) if (!out.some((one) => equal(one, item))) out.push(item);
  return new CelList(out);
}

const sort = (list: CelList): CelList => new CelList(list.toArray().sort((a, b) => compare(a, b)));

const isSubset = (a: CelList, b: CelList): boolean => a.toArray().every((item) => contains(b, item));

function greatest(items: readonly Value[], sign: 1 | -1): Value {
  const [first] = items;
  if (first === undefined) throw noSuchOverload();
  return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best), first);
}

const sized = (kind: string): Overload[] => [
  overload(`::size(${kind}): int`, size),
  overload(`${kind}.size(): int`, size),
];

/** Kubernetes' list library is for types with an order or an addition only. */
const ordered = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const summable = ["int", "uint", "double", "duration"];

const zeros: Readonly<Record<string, () => Value>> = {
  int: () => 0n,
  uint: () => new CelUint(0n),
  double: () => 0,
  duration: () => new CelDuration(0n),
};

/** Lists, maps and sets. */
export function collectionOverloads(): Overload[] {
  return [
    ...sized("list<T>"),
    ...sized("map<K, V>"),
    ...ordered.flatMap((t) => [
      overload(`list<${t}>.isSorted(): bool`, isSorted, perItem),
      overload(`list<${t}>.min(): ${t}`, (list: CelList) => extreme(list, -1, "min"), perItem),
      overload(`list<${t}>.max(): ${t}`, (list: CelList) => extreme(list, 1, "max"), perItem),
    ]),
    ...summable.map((t) =>
      overload(
        `list<${t}>.sum(): ${t}`,
        (list: CelList) => (list.length === 0 ? (zeros[t]?.() ?? 0n) : sum(list)),
        perItem,
      ),
    ),
    overload("list<T>.indexOf(T): int", indexOf, perItem),
    overload("list<T>.lastIndexOf(T): int", lastIndexOf, perItem),
    overload("list<T>.slice(int, int): list<T>", slice, perItem),
    overload("list<T>.reverse(): list<T>", (list: CelList) => new CelList(list.toArray().reverse()), perItem),
    overload("list<T>.sort(): list<T>", sort, ([n = 0]) => n * Math.ceil(Math.log2(n + 2))),
    overload("list<T>.distinct(): list<T>", distinct, ([n = 0]) => n * n + 1),
    overload("list<dyn>.flatten(): list<dyn>", (list: CelList) => flatten(list, 1n), perItem),
    overload("list<dyn>.flatten(int): list<dyn>", flatten, perItem),
    overload("::lists.range(int): list<int>", range, ([n = 0]) => n),
    overload("::sets.contains(list<T>, list<T>): bool", (a: CelList, b: CelList) => isSubset(b, a), perPair),
    overload(
      "::sets.equivalent(list<T>, list<T>): bool",
      (a: CelList, b: CelList) => isSubset(a, b) && isSubset(b, a),
      perPair,
    ),
    overload(
      "::sets.intersects(list<T>, list<T>): bool",
      (a: CelList, b: CelList) => a.toArray().some((item) => contains(b, item)),
      perPair,
    ),
    ...mathExtremes(),
  ];
}

function range(n: bigint): CelList {
  if (n > 100_000n) throw new CelError("list size exceeds limit");
  return new CelList(Array.from({ length: Number(n < 0n ? 0n : n) }, (_, i) => BigInt(i)));
}

function mathExtremes(): Overload[] {
  return (["greatest", "least"] as const).flatMap((name) => {
    const sign = name === "greatest" ? 1 : -1;
    const many = [1, 2, 3, 4, 5, 6].map((count) =>
      overload(
        `::math.${name}(${Array.from({ length: count }, () => "T").join(", ")}): T`,
        (...items: Value[]) =>
          count === 1 && items[0] instanceof CelList
            ? greatest(items[0].toArray(), sign)
            : greatest(items, sign),
      ),
    );
    return [
      overload(`::math.${name}(list<T>): T`, (list: CelList) => greatest(list.toArray(), sign), perItem),
      ...many,
    ];
  });
}
