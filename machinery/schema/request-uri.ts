/**
 * What Go's url.ParseRequestURI accepts: a URL with a scheme, or a path from the root. Nothing is decoded; a fragment
 * is part of what is before it.
 */
export function isRequestUri(text: string): boolean {
  if (text === "" || hasControl(text)) return false;
  if (text === "*") return true;
  const scheme = schemeOf(text);
  if (scheme === undefined) return false;
  const rest = text.slice(scheme === "" ? 0 : scheme.length + 1).replace(/\?.*$/s, "");
  // After a scheme anything else goes, undecoded.
  if (!rest.startsWith("/")) return scheme !== "";
  if (scheme === "" || !rest.startsWith("//")) return isEscaped(rest);
  const slash = rest.indexOf("/", 2);
  const authority = rest.slice(2, slash < 0 ? undefined : slash);
  return isAuthority(authority) && (slash < 0 || isEscaped(rest.slice(slash)));
}

const hasControl = (text: string): boolean =>
  Array.from(text).some((character) => character < " " || character === "\x7f");
const isEscaped = (text: string): boolean => !/%(?![0-9a-fA-F]{2})/.test(text);

/** The scheme without its colon, empty where there is none; undefined for a colon at the beginning. */
function schemeOf(text: string): string | undefined {
  if (text.startsWith(":")) return undefined;
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? "";
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? "" : authority.slice(0, at);
  const isUser = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) && isEscaped(user);
  return isUser && isHost(authority.slice(at + 1));
}

function isHost(host: string): boolean {
  const close = host.lastIndexOf("]");
  if (host.startsWith("[")) return close > 0 && isPort(host.slice(close + 1)) && isHostText(host);
  const colon = host.lastIndexOf(":");
  return (colon < 0 || isPort(host.slice(colon))) && isHostText(host);
}

const isPort = (text: string): boolean => /^(?::\d*)?$/.test(text);

/** Of ASCII, what needs no escape in a host; only what is beyond it, and a percent sign, may be escaped. */
const isHostText = (host: string): boolean =>
  isEscaped(host) &&
  !/%(?!25)[0-7]/.test(host) &&
  /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]*$/u.test(host);
