/**
 * Authentication: who makes this request? An authenticator answers a user, or undefined when it finds no credential it
 * knows, and throws when it finds a bad one. Answers may be given at once; results for a connection may be cached by
 * the identity of its TlsPeer.
 */
import type { UserInfo } from "../../api/meta/user.ts";
import type { TlsPeer } from "./tls-peer.ts";

export interface AuthenticationRequest {
  /** Names and values in turn; repeated headers are not joined. */
  readonly rawHeaders: readonly string[];
  /** A header by its lower-case name, repeated ones joined: not for identity headers, whose values may contain commas. */
  header(name: string): string | undefined;
  readonly peer?: TlsPeer;
}

export interface Authentication {
  readonly user: UserInfo;
  /** The request came through kube-apiserver, which has already set some response headers. */
  readonly proxied?: boolean;
}

type Result = Authentication | undefined;

export interface Authenticator {
  authenticate(request: AuthenticationRequest): Result | Promise<Result>;
  /** Header names, in lower case, that carry credentials or identities and that nothing behind may see. */
  hides?(header: string): boolean;
}
