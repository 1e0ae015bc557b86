type Form = "child" | "index" | "key";

/**
 * An immutable path into an object, printed as Kubernetes prints it: `spec.items[0].name`, `metadata.labels[a.b/c]`. Going
 * down costs nothing but a step: most paths are never printed, since most objects have no errors.
 */
export class FieldPath {
  static readonly #root = new FieldPath(undefined, "", "child");
  readonly #parent: FieldPath | undefined;
  readonly #step: string | number;
  readonly #form: Form;
  #text: string | undefined;

  private constructor(parent: FieldPath | undefined, step: string | number, form: Form) {
    this.#parent = parent;
    this.#step = step;
    this.#form = form;
  }

  /** A path of plain field names; without any, the root, which prints as `<nil>`. */
  static of(...names: readonly string[]): FieldPath {
    let path = FieldPath.#root;
    for (const name of names) path = path.child(name);
    return path;
  }

  child(name: string): FieldPath {
    return new FieldPath(this, name, "child");
  }

  index(i: number): FieldPath {
    return new FieldPath(this, i, "index");
  }

  /** An entry of a map; the key stands in brackets, unquoted. */
  key(key: string): FieldPath {
    return new FieldPath(this, key, "key");
  }

  toString(): string {
    const text = FieldPath.#print(this);
    return text === "" ? "<nil>" : text;
  }

  /** Not by recursion: objects may be nested deeply. */
  static #print(path: FieldPath): string {
    const unprinted: FieldPath[] = [];
    let text = "";
    for (let at: FieldPath | undefined = path; at !== undefined; at = at.#parent) {
      if (at.#text !== undefined) {
        text = at.#text;
        break;
      }
      unprinted.push(at);
    }
    for (const at of unprinted.toReversed()) {
      const step = String(at.#step);
      if (at.#form !== "child") text += `[${step}]`;
      else text = text === "" ? step : `${text}.${step}`;
    }
    path.#text = text;
    return text;
  }
}
