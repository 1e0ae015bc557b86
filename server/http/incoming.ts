/** A request as it comes from a socket or from within the process, before anything is known about it. */
import type { UserInfo } from "../../api/meta/user.ts";
import type { TlsPeer } from "../authn/tls-peer.ts";

export interface Incoming {
  readonly method: string;
  /** Path and query as they arrived. */
  readonly url: string;
  /** Names and values in turn, in the order of arrival, nothing joined. */
  readonly rawHeaders: readonly string[];
  /** A header by its lower-case name, repeated ones joined. */
  header(name: string): string | undefined;
  /** Present on TLS connections. */
  readonly peer?: TlsPeer;
  /** The address of the other side, for the audit log. */
  readonly remoteAddress: string;
  /** Reads the whole body; throws RequestEntityTooLarge as soon as it is longer than the limit. */
  readBody(limit: number): Promise<Buffer>;
  /** Calls once when the client is gone before its response was written. */
  onGone(fn: () => void): void;
  /** Set for requests from within the process: nobody needs to prove this identity. */
  readonly user?: UserInfo;
}
