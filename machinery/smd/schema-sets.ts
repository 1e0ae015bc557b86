import { FieldSet } from "./field-set.ts";
import type { FieldType, ListType, MapType } from "./field-type.ts";
import { deduced, untypedAtomic } from "./field-type.ts";
import type { Path, PathElement } from "./path-element.ts";
import { fieldName } from "./path-element.ts";

/** The set with every declared field on the way to a path made a member: owning a child owns the struct field. */
export function ensureNamedFieldsAreMembers(set: FieldSet, type: FieldType | undefined): FieldSet {
  if (set.children.size === 0) return set;
  const members = new Set(set.members);
  const children = new Map<PathElement, FieldSet>();
  for (const [element, child] of set.children) {
    if (isDeclared(type?.map, element)) members.add(element);
    children.set(element, ensureNamedFieldsAreMembers(child, typeBelow(type, element)));
  }
  return new FieldSet(members, children);
}

function isDeclared(map: MapType | undefined, element: PathElement): boolean {
  const name = fieldName(element);
  return name !== undefined && map?.fields.has(name) === true;
}

function typeBelow(type: FieldType | undefined, element: PathElement): FieldType | undefined {
  const name = fieldName(element);
  if (name !== undefined) return type?.map?.fields.get(name)?.type ?? type?.map?.values;
  return element.startsWith("k:") ? type?.list?.item : undefined;
}

/**
 * Follows changes of the schema since the set was written. Where a list or map became atomic, owning anything below it
 * becomes owning it. The other direction needs no change: the owner of the whole keeps the node. Answers the same set
 * when nothing changed.
 */
export function reconcileWithSchema(set: FieldSet, type: FieldType): FieldSet {
  const atomics: Path[] = [];
  collectAtomics({ set, type, path: [], isLeaf: false }, atomics);
  if (atomics.length === 0) return set;
  const roots = FieldSet.of(...atomics);
  return set.recursiveDifference(roots).union(roots);
}

interface Node {
  readonly set: FieldSet | undefined;
  readonly type: FieldType;
  /** The same list for all nodes, where the walk stands. */
  readonly path: PathElement[];
  /** The set owns the node and nothing below it. */
  readonly isLeaf: boolean;
}

function collectAtomics(node: Node, into: Path[]): void {
  const { map, scalar, list } = node.type;
  if (map !== undefined) collectInMap(node, map, into);
  else if (scalar === undefined && list !== undefined) collectInList(node, list, into);
}

function collectInMap(node: Node, map: MapType, into: Path[]): void {
  // Deduced maps have no say in who owns what, so nothing can have changed.
  if (map.fields.size === 0 && isDeduced(map.values)) return;
  if (!node.isLeaf && map.atomic) {
    if (node.set?.isEmpty === false) into.push([...node.path]);
    return;
  }
  visitBelow(node, into, (element) => {
    const name = fieldName(element);
    return (name === undefined ? undefined : map.fields.get(name)?.type) ?? map.values;
  });
}

const isDeduced = (type: FieldType | undefined): boolean =>
  type === deduced || (type?.scalar === "untyped" && type !== untypedAtomic);

function collectInList(node: Node, list: ListType, into: Path[]): void {
  if (!node.isLeaf && list.atomic) into.push([...node.path]);
  else visitBelow(node, into, () => list.item);
}

function visitBelow(node: Node, into: Path[], typeOf: (element: PathElement) => FieldType | undefined): void {
  if (node.set === undefined) return;
  const visit = (element: PathElement, isMember: boolean): void => {
    const type = typeOf(element);
    if (type === undefined) return;
    const below = node.set?.children.get(element);
    node.path.push(element);
    collectAtomics({ set: below, type, path: node.path, isLeaf: isMember && below === undefined }, into);
    node.path.pop();
  };
  for (const element of node.set.members) visit(element, true);
  for (const element of node.set.children.keys()) if (!node.set.members.has(element)) visit(element, false);
}
