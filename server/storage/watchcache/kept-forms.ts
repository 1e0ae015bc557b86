/**
 * What is made of objects on first use and kept with them, over all resources of a server: versions other than the stored
 * one, metadata only, rows of Tables. It is bounded in bytes. What was made first is forgotten first, and made anew when it
 * is asked for again; what belongs to an object that nobody holds any more goes with the object.
 */
export class KeptForms {
  readonly #maxBytes: number;
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  /** Doubles with what is kept, so that a sweep costs as many steps as there were additions since the last one. */
  #sweepAt = fewest;

  constructor(maxBytes: number = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  /** At most so many, with what it takes to know of them: forms of objects that are gone count until the next sweep. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The form of the owner is kept from now on; its owner has to drop it when it is told to. */
  add(owner: FormOwner, form: string, bytes: number): void {
    const weight = entryBytes + bytes;
    this.#entries.push({ owner: new WeakRef(owner), form, weight });
    this.#bytes += weight;
    while (this.#bytes > this.#maxBytes) this.#forgetOldest();
    if (this.#entries.length >= this.#sweepAt) this.#sweep();
  }

  #forgetOldest(): void {
    const oldest = this.#entries[this.#head];
    if (oldest === undefined) return;
    this.#head += 1;
    this.#bytes -= oldest.weight;
    oldest.owner.deref()?.drop(oldest.form);
  }

  /** Lets go of the entries that are behind, and of those whose owner nobody holds any more. */
  #sweep(): void {
    this.#entries = this.#entries.slice(this.#head).filter(({ owner }) => owner.deref() !== undefined);
    this.#head = 0;
    this.#bytes = this.#entries.reduce((sum, { weight }) => sum + weight, 0);
    this.#sweepAt = Math.max(fewest, 2 * this.#entries.length);
  }
}

/** An object with forms. */
export interface FormOwner {
  /** Forgets the form; it may be gone already. */
  drop(form: string): void;
}

interface Entry {
  readonly owner: WeakRef<FormOwner>;
  readonly form: string;
  readonly weight: number;
}

/** About what an entry takes itself, so that many small forms are bounded as well. */
export const entryBytes = 128;

/** Room for the rows of a Table and the metadata of some 50,000 objects. */
const defaultMaxBytes = 256 * 1024 * 1024;
const fewest = 4096;
