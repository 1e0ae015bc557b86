/** Broken JSON; the message is the one Go's encoding/json gives. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  /** Characters read before the error. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
