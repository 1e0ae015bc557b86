/** The other side of a TLS connection, as far as authentication needs it. */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

export interface TlsPeer {
  /** Whether the TLS library accepted the certificate for one of the CAs the server announces. */
  readonly authorized: boolean;
  /** What the client presented; undefined when it presented none. Its `issuerCertificate` leads to the rest. */
  readonly certificate: X509Certificate | undefined;
}

/** Reads the peer of an established connection; the result may be kept as long as the connection lives. */
export function tlsPeer(socket: TLSSocket): TlsPeer {
  return { authorized: socket.authorized, certificate: socket.getPeerX509Certificate() };
}
