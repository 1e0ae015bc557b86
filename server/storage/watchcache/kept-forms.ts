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

  constructor(maxBytes: number = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  /** How many there are at most, with what it takes to know of them: those of objects that are gone are counted until it is their turn. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The form of the owner is kept from now on; its owner has to drop it when it is told to. */
  add(owner: FormOwner, form: string, bytes: number): void {
    const weight = entryBytes + bytes;
    this.#entries.push({ owner: new WeakRef(owner), form, weight });
    this.#bytes += weight;
    while (this.#bytes > this.#maxBytes) this.#forgetOldest();
    // Amortized: the array is copied at most once per as many additions as it has entries.
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  #forgetOldest(): void {
    const oldest = this.#entries[this.#head];
    if (oldest === undefined) return;
    this.#head += 1;
    this.#bytes -= oldest.weight;
    oldest.owner.deref()?.drop(oldest.form);
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

const defaultMaxBytes = 128 * 1024 * 1024;
