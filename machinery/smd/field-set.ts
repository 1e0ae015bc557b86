/**
 * A set of field paths as a trie. `members` are the elements that end a path here; `children` lead to longer paths. An
 * element may be both, and appearing in `children` does not make it a member. Children are never empty sets. Sets are
 * values: the operations answer new sets that share what did not change, and answer the receiver when nothing did.
 */
import type { Path, PathElement } from "./path-element.ts";
import { compareElements, printPath } from "./path-element.ts";

const noMembers: ReadonlySet<PathElement> = new Set();
const noChildren: ReadonlyMap<PathElement, FieldSet> = new Map();

export class FieldSet {
  readonly members: ReadonlySet<PathElement>;
  readonly children: ReadonlyMap<PathElement, FieldSet>;

  constructor(
    members: ReadonlySet<PathElement> = noMembers,
    children: ReadonlyMap<PathElement, FieldSet> = noChildren,
  ) {
    this.members = members;
    this.children = children;
  }

  /** The set of the given paths; the empty path names the whole object and is never a member. */
  static of(...paths: readonly Path[]): FieldSet {
    const set = new FieldSetBuilder();
    for (const path of paths) set.insert(path);
    return set.build();
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  /** How many paths the set has. */
  get size(): number {
    let size = this.members.size;
    for (const child of this.children.values()) size += child.size;
    return size;
  }

  has(path: Path): boolean {
    if (path.length === 0) return false;
    const parent = path.slice(0, -1).reduce<FieldSet>((at, element) => at.below(element), this);
    return parent.members.has(path.at(-1) as PathElement);
  }

  /** The paths below an element, without it; empty when there are none. */
  below(element: PathElement): FieldSet {
    return this.children.get(element) ?? emptySet;
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true;
    if (this.members.size !== other.members.size || this.children.size !== other.children.size) return false;
    for (const element of this.members) if (!other.members.has(element)) return false;
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (theirs === undefined || !child.equals(theirs)) return false;
    }
    return true;
  }

  /** Paths in either set. */
  union(other: FieldSet): FieldSet {
    if (this === other || other.isEmpty) return this;
    if (this.isEmpty) return other;
    let members: Set<PathElement> | undefined;
    for (const element of other.members) {
      if (!this.members.has(element)) (members ??= new Set(this.members)).add(element);
    }
    let children: Map<PathElement, FieldSet> | undefined;
    for (const [element, theirs] of other.children) {
      const ours = this.children.get(element);
      const merged = ours === undefined ? theirs : ours.union(theirs);
      if (merged !== ours) (children ??= new Map(this.children)).set(element, merged);
    }
    return this.#with(members, children);
  }

  /** Paths in both sets. */
  intersection(other: FieldSet): FieldSet {
    if (this === other) return this;
    const members = new Set<PathElement>();
    for (const element of this.members) if (other.members.has(element)) members.add(element);
    const children = new Map<PathElement, FieldSet>();
    for (const [element, ours] of this.children) {
      const theirs = other.children.get(element);
      if (theirs === undefined) continue;
      const common = ours.intersection(theirs);
      if (!common.isEmpty) children.set(element, common);
    }
    return members.size === 0 && children.size === 0 ? emptySet : new FieldSet(members, children);
  }

  /** Paths of this set that the other does not have; removing a path does not remove those below it. */
  difference(other: FieldSet): FieldSet {
    return this.#without(other, false);
  }

  /** Like difference, but a path of the other set also removes everything below it. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#without(other, true);
  }

  #without(other: FieldSet, recursive: boolean): FieldSet {
    if (other.isEmpty || this.isEmpty) return this;
    let members: Set<PathElement> | undefined;
    for (const element of other.members) {
      if (this.members.has(element)) (members ??= new Set(this.members)).delete(element);
    }
    let children: Map<PathElement, FieldSet> | undefined;
    if (recursive) {
      for (const element of other.members) {
        if (this.children.has(element)) (children ??= new Map(this.children)).delete(element);
      }
    }
    for (const [element, theirs] of other.children) {
      const ours = (children ?? this.children).get(element);
      if (ours === undefined) continue;
      const left = ours.#without(theirs, recursive);
      if (left === ours) continue;
      children ??= new Map(this.children);
      if (left.isEmpty) children.delete(element);
      else children.set(element, left);
    }
    return this.#with(members, children);
  }

  #with(
    members: ReadonlySet<PathElement> | undefined,
    children: ReadonlyMap<PathElement, FieldSet> | undefined,
  ): FieldSet {
    return members === undefined && children === undefined
      ? this
      : new FieldSet(members ?? this.members, children ?? this.children);
  }

  /** The members below which the set has no other path. */
  leaves(): FieldSet {
    const members = new Set<PathElement>();
    for (const element of this.members) if (!this.children.has(element)) members.add(element);
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) children.set(element, child.leaves());
    return new FieldSet(members, children);
  }

  /** The paths a pattern includes, see FieldPattern. */
  filter(pattern: FieldPattern): FieldSet {
    if (pattern === "all") return this;
    const match = (element: PathElement): FieldPattern | undefined =>
      pattern.get("*") ?? pattern.get(element);
    const members = new Set<PathElement>();
    for (const element of this.members) if (match(element) !== undefined) members.add(element);
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      const below = match(element);
      if (below === undefined) continue;
      const kept = child.filter(below);
      if (!kept.isEmpty) children.set(element, kept);
    }
    return new FieldSet(members, children);
  }

  /** All paths in order: the members of a node before the paths below it. */
  *paths(prefix: Path = []): Generator<Path> {
    for (const element of [...this.members].sort(compareElements)) yield [...prefix, element];
    for (const element of [...this.children.keys()].sort(compareElements)) {
      yield* (this.children.get(element) as FieldSet).paths([...prefix, element]);
    }
  }

  /** One path a line, for messages and tests. */
  toString(): string {
    return [...this.paths()].map(printPath).join("\n");
  }
}

/** The set without paths. */
export const emptySet: FieldSet = new FieldSet();

/**
 * Which paths a filter includes: everything, or per element (`*` is any, and goes first) what is included below it. A
 * path that leads to an included one is included when it is a member.
 */
export type FieldPattern = "all" | ReadonlyMap<PathElement, FieldPattern>;

/** The pattern that includes one prefix, `*` standing for any element, and everything below it. */
export function prefixPattern(...prefix: readonly PathElement[]): FieldPattern {
  return prefix.reduceRight<FieldPattern>((below, element) => new Map([[element, below]]), "all");
}

/** The pattern that includes what either pattern includes. */
export function mergePatterns(a: FieldPattern, b: FieldPattern): FieldPattern {
  if (a === "all" || b === "all") return "all";
  const merged = new Map(a);
  for (const [element, below] of b) {
    const ours = merged.get(element);
    merged.set(element, ours === undefined ? below : mergePatterns(ours, below));
  }
  return merged;
}

/** Collects paths; `build` hands the set over, after which the builder must not be used. */
export class FieldSetBuilder {
  #members: Set<PathElement> | undefined;
  #children: Map<PathElement, FieldSetBuilder> | undefined;

  get isEmpty(): boolean {
    return this.#members === undefined && this.#children === undefined;
  }

  add(element: PathElement): void {
    (this.#members ??= new Set()).add(element);
  }

  insert(path: Path): void {
    if (path.length > 0) this.#insertFrom(path, 0);
  }

  #insertFrom(path: Path, from: number): void {
    const element = path[from] as PathElement;
    if (from === path.length - 1) this.add(element);
    else this.descend(element).#insertFrom(path, from + 1);
  }

  /** The builder of the paths below an element. */
  descend(element: PathElement): FieldSetBuilder {
    const children = (this.#children ??= new Map<PathElement, FieldSetBuilder>());
    let child = children.get(element);
    if (child === undefined) children.set(element, (child = new FieldSetBuilder()));
    return child;
  }

  /** Puts another builder's paths below an element that has none yet. */
  adopt(element: PathElement, below: FieldSetBuilder): void {
    (this.#children ??= new Map()).set(element, below);
  }

  build(): FieldSet {
    if (this.isEmpty) return emptySet;
    if (this.#children === undefined) return new FieldSet(this.#members);
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.#children) {
      const set = child.build();
      if (!set.isEmpty) children.set(element, set);
    }
    return new FieldSet(this.#members, children);
  }
}
