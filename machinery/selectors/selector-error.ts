/** A selector that cannot be parsed; the message is the one kube-apiserver gives. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}
