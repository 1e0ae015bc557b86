/** What Go's netip says of a text that is no address or no prefix, in its words. */

const quoted = (text: string): string => JSON.stringify(text);

/** Why netip.ParseAddr refuses a text; undefined where it takes it. */
export function addressFault(text: string): string | undefined {
  const [first] = /[.:%]/.exec(text) ?? [];
  const fault = first === "." ? ipv4Fault(text) : first === ":" ? ipv6Fault(text) : neither(first);
  if (fault === undefined) return undefined;
  const at = fault.at === undefined ? "" : ` (at ${quoted(fault.at)})`;
  return `ParseAddr(${quoted(text)}): ${fault.why}${at}`;
}

/** Why netip.ParsePrefix refuses a text; undefined where it takes it. */
export function prefixFault(text: string): string | undefined {
  const why = prefixReason(text);
  return why === undefined ? undefined : `netip.ParsePrefix(${quoted(text)}): ${why}`;
}

interface Fault {
  readonly why: string;
  /** The text from where it stops making sense. */
  readonly at?: string;
}

const neither = (first: string | undefined): Fault => ({
  why: first === "%" ? "missing IPv6 address" : "unable to parse IP",
});

function prefixReason(text: string): string | undefined {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return "no '/'";
  const address = text.slice(0, slash);
  const fault = addressFault(address);
  if (fault !== undefined) return fault;
  if (address.includes("%")) return "IPv6 zones cannot be present in a prefix";
  const bits = text.slice(slash + 1);
  if (!/^(?:\d|[1-9]\d{1,17})$/.test(bits)) return `bad bits after slash: ${quoted(bits)}`;
  return Number(bits) > (address.includes(":") ? 128 : 32) ? "prefix length out of range" : undefined;
}

function ipv4Fault(text: string): Fault | undefined {
  let field = "";
  let fields = 0;
  for (const [i, character] of Array.from(text).entries()) {
    const at = Array.from(text).slice(i).join("");
    if (/\d/.test(character)) {
      if (field === "0") return { why: "IPv4 field has octet with leading zero" };
      field += character;
      if (Number(field) > 255) return { why: "IPv4 field has value >255" };
    } else if (character === ".") {
      if (field === "" || at === ".") return { why: "IPv4 field must have at least one digit", at };
      if (fields === 3) return { why: "IPv4 address too long" };
      fields += 1;
      field = "";
    } else return { why: "unexpected character", at };
  }
  return fields < 3 ? { why: "IPv4 address too short" } : undefined;
}

function ipv6Fault(text: string): Fault | undefined {
  const percent = text.indexOf("%");
  if (percent >= 0 && percent === text.length - 1) return { why: "zone must be a non-empty string" };
  let rest = percent < 0 ? text : text.slice(0, percent);
  let hasEllipsis = rest.startsWith("::");
  if (hasEllipsis) rest = rest.slice(2);
  if (hasEllipsis && rest === "") return undefined;
  let bytes = 0;
  while (bytes < 16) {
    const [digits = ""] = /^[0-9a-fA-F]*/.exec(rest) ?? [];
    if (digits.length > 4) return { why: "each group must have 4 or less digits", at: rest };
    if (digits === "") return { why: "each colon-separated field must have at least one digit", at: rest };
    if (rest[digits.length] === ".") return embeddedFault(rest, bytes, hasEllipsis);
    bytes += 2;
    rest = rest.slice(digits.length);
    if (rest === "") break;
    if (!rest.startsWith(":")) return { why: "unexpected character, want colon", at: rest };
    if (rest === ":") return { why: "colon must be followed by more characters", at: rest };
    rest = rest.slice(1);
    if (!rest.startsWith(":")) continue;
    if (hasEllipsis) return { why: "multiple :: in address", at: rest };
    hasEllipsis = true;
    rest = rest.slice(1);
    if (rest === "") break;
  }
  if (rest !== "") return { why: "trailing garbage after address", at: rest };
  return lengthFault(bytes, hasEllipsis);
}

/** An address of version 4 at the end of one of version 6. */
function embeddedFault(rest: string, bytes: number, hasEllipsis: boolean): Fault | undefined {
  if (!hasEllipsis && bytes !== 12)
    return { why: "embedded IPv4 address must replace the final 2 fields of the address", at: rest };
  if (bytes + 4 > 16)
    return { why: "too many hex fields to fit an embedded IPv4 at the end of the address", at: rest };
  return ipv4Fault(rest) ?? lengthFault(bytes + 4, hasEllipsis);
}

function lengthFault(bytes: number, hasEllipsis: boolean): Fault | undefined {
  if (bytes < 16) return hasEllipsis ? undefined : { why: "address string too short" };
  return hasEllipsis ? { why: "the :: must expand to at least one field of zeros" } : undefined;
}
