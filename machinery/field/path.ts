/** An immutable path into an object, printed as Kubernetes prints it: `spec.items[0].name`, `metadata.labels[a.b/c]`. */
export class FieldPath {
  readonly #text: string;
  readonly segments: readonly (string | number)[];

  private constructor(text: string, segments: readonly (string | number)[]) {
    this.#text = text;
    this.segments = segments;
  }

  /** A path of plain field names; without any, the root, which prints as `<nil>`. */
  static of(...names: readonly string[]): FieldPath {
    return names.reduce((path, name) => path.child(name), new FieldPath("", []));
  }

  child(name: string): FieldPath {
    return new FieldPath(this.#text === "" ? name : `${this.#text}.${name}`, [...this.segments, name]);
  }

  index(i: number): FieldPath {
    return new FieldPath(`${this.#text}[${String(i)}]`, [...this.segments, i]);
  }

  /** An entry of a map; the key stands in brackets, unquoted. */
  key(key: string): FieldPath {
    return new FieldPath(`${this.#text}[${key}]`, [...this.segments, key]);
  }

  toString(): string {
    return this.#text === "" ? "<nil>" : this.#text;
  }
}
