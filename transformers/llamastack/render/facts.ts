/** What a renderer may know beside the object itself. Plain data; whoever asks the cluster fills it in. */
export interface RenderFacts {
  /** Hash of what the ConfigMap of spec.overrideConfig holds; absent when nobody has looked. */
  readonly overrideConfigHash?: string;
  /** The certificates of spec.networking.tls.caBundle, as one PEM text. */
  readonly caBundle?: string;
  /** The namespace Hawsepipe runs in, whose pods may ask a server about its health. */
  readonly operatorNamespace?: string;
  /** Exposed servers without a host name of their own get `<name>-<namespace>.<domain>`. */
  readonly exposeDomain?: string;
}
