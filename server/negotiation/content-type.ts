/** How a request body is to be read. The header is never a reason to look at the body itself. */
import { unsupportedMediaType } from "../../api/errors/catalogue.ts";
import type { MediaType } from "./accept.ts";
import { outputMediaTypes } from "./accept.ts";

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** JSON or YAML; no Content-Type at all means JSON. Throws UnsupportedMediaType. */
export function bodyMediaType(contentType: string | undefined): MediaType {
  if (contentType === undefined || contentType === "" || contentType === "application/json") return "json";
  const essence = parseEssence(contentType);
  if (essence === "application/json") return "json";
  if (essence === "application/yaml") return "yaml";
  throw unsupportedMediaType(outputMediaTypes);
}

/** The form of an object that is sent: also protobuf, which only built-in kinds can be read from. */
export type ObjectMediaType = MediaType | "protobuf";

/** The same for the body of a create or an update. Throws UnsupportedMediaType. */
export function objectMediaType(contentType: string | undefined): ObjectMediaType {
  if (contentType !== undefined && parseEssence(contentType) === "application/vnd.kubernetes.protobuf")
    return "protobuf";
  return bodyMediaType(contentType);
}

/** The kind of patch; anything after a semicolon is dropped. Throws UnsupportedMediaType listing what is accepted. */
export function patchTypeOf(contentType: string | undefined, strategic: boolean): PatchType {
  const text = contentType ?? "";
  const semicolon = text.indexOf(";");
  switch (semicolon < 0 ? text : text.slice(0, semicolon)) {
    case "application/json-patch+json":
      return "json";
    case "application/merge-patch+json":
      return "merge";
    case "application/apply-patch+yaml":
      return "apply";
    case "application/strategic-merge-patch+json":
      if (strategic) return "strategic";
  }
  throw unsupportedMediaType([
    "application/json-patch+json",
    "application/merge-patch+json",
    ...(strategic ? ["application/strategic-merge-patch+json"] : []),
    "application/apply-patch+yaml",
  ]);
}

/** Type and subtype in lower case, or undefined where Go's mime parser would refuse the header. */
function parseEssence(header: string): string | undefined {
  const [essence = "", ...parameters] = splitOutsideQuotes(header);
  const seen = new Set<string>();
  for (const [index, parameter] of parameters.entries()) {
    const text = parameter.trim();
    if (text === "" && index === parameters.length - 1) continue;
    const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*")$/.exec(
      text,
    );
    const name = found?.[1]?.toLowerCase();
    if (name === undefined || seen.has(name)) return undefined;
    seen.add(name);
  }
  const name = essence.trim().toLowerCase();
  return /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) ? name : undefined;
}

function splitOutsideQuotes(header: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < header.length; i += 1) {
    const char = header.charAt(i);
    if (quoted && char === "\\") i += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === ";" && !quoted) {
      parts.push(header.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(header.slice(start));
  return parts;
}
