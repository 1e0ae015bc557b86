/** A patch that cannot be applied; the target was not changed. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}
