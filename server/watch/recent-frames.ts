import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/** Of each version of a resource; an event is told to all its watchers at once, a larger one is kept by itself. */
const maxBytes = 1024 * 1024;

/**
 * The frames of late of one version, made once for all who watch in the same form. They are not kept with the objects: a
 * frame is as large as its object, and whoever comes later finds what it is made of there.
 */
class RecentFrames {
  /** In the order in which objects came in, and of each the forms in theirs. */
  readonly #frames = new Map<CachedObject, Map<string, Buffer>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#maxBytes = limit;
  }

  /** The frame of the object in the form, which is made unless it was of late. */
  get(object: CachedObject, form: string, make: () => Buffer): Buffer {
    const known = this.#frames.get(object)?.get(form);
    if (known !== undefined) return known;
    const frame = make();
    const forms = this.#frames.get(object) ?? new Map<string, Buffer>();
    this.#frames.set(object, forms.set(form, frame));
    this.#bytes += frame.length;
    if (this.#bytes > this.#maxBytes) this.#forgetAllBut(frame);
    return frame;
  }

  /** Forgets the oldest until there is room: one object may have many forms, as the rows of a Table differ by the time. */
  #forgetAllBut(newest: Buffer): void {
    for (const [object, forms] of this.#frames) {
      for (const [form, frame] of forms) {
        if (this.#bytes <= this.#maxBytes) return;
        if (frame === newest) continue;
        forms.delete(form);
        this.#bytes -= frame.length;
      }
      if (forms.size === 0) this.#frames.delete(object);
    }
  }
}

const byVersion = new WeakMap<ServedVersion, RecentFrames>();

/** The frame of an object of this version in the form, which is made unless it was of late. */
export function recentFrame(
  version: ServedVersion,
  object: CachedObject,
  form: string,
  make: () => Buffer,
): Buffer {
  let recent = byVersion.get(version);
  if (recent === undefined) {
    recent = new RecentFrames(maxBytes);
    byVersion.set(version, recent);
  }
  return recent.get(object, form, make);
}
