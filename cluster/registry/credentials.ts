import { getKey, isObject } from "../../machinery/json/value.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import type { ImageReference } from "./reference.ts";
import { canonicalRegistry } from "./reference.ts";

/**
 * The credentials of pull secrets, found for an image as the kubelet finds them: by host, where each part may be a
 * pattern, by port, and by the beginning of the path.
 */

/** Who somebody is to a registry. */
export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
  /** Exchanged for a token instead of user and password. */
  readonly identityToken?: string;
}

interface Entry {
  readonly host: readonly string[];
  readonly port: string;
  readonly path: string;
  readonly credential: RegistryCredential;
}

/** Credentials by registry, from the content of one or more pull secrets. */
export class Keyring {
  readonly #entries: Entry[] = [];

  /** Takes the text of a `.dockerconfigjson` or `.dockercfg`; what cannot be read counts as nothing. */
  add(text: string): void {
    const document = parseObject(text);
    if (document === undefined) return;
    const auths = getKey(document, "auths");
    for (const [key, value] of Object.entries(isObject(auths) ? auths : document)) {
      const credential = credentialOf(value);
      if (credential !== undefined) this.#entries.push({ ...targetOf(key), credential });
    }
    // What says more about an image is tried first.
    this.#entries.sort((a, b) => weight(b) - weight(a));
  }

  /** Those that fit an image, the closest first. */
  find({ registry, repository }: ImageReference): readonly RegistryCredential[] {
    const { host, port } = targetOf(registry);
    return this.#entries
      .filter((entry) => fits(entry, { host, port, path: repository }))
      .map(({ credential }) => credential);
  }
}

const weight = ({ host, path }: Entry): number => path.length * 1000 + host.join(".").length;

function fits(entry: Entry, image: Omit<Entry, "credential">): boolean {
  if (entry.port !== image.port || entry.host.length !== image.host.length) return false;
  if (!entry.host.every((pattern, i) => matches(pattern, image.host[i] ?? ""))) return false;
  return entry.path === "" || image.path === entry.path || image.path.startsWith(`${entry.path}/`);
}

/** Patterns have stars only; one stands for any part of a name between two dots. */
function matches(pattern: string, text: string): boolean {
  if (!pattern.includes("*")) return pattern === text;
  const parts = pattern.split("*");
  const [head = ""] = parts;
  const tail = parts.at(-1) ?? "";
  if (!text.startsWith(head) || text.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.endsWith(tail) && at <= text.length - tail.length;
}

function targetOf(key: string): Omit<Entry, "credential"> {
  const [authority = "", ...segments] = key.replace(/^https?:\/\//, "").split("/");
  const port = /:(\d+)$/.exec(authority)?.[1] ?? "";
  const host = canonicalRegistry(port === "" ? authority : authority.slice(0, -port.length - 1));
  // The paths of the API itself, with which some keys end, are none of an image.
  const path = segments.join("/").replace(/^v[12]\/?/, "");
  return { host: host.split("."), port, path: path.replace(/\/+$/, "") };
}

function credentialOf(value: JsonValue): RegistryCredential | undefined {
  if (!isObject(value)) return undefined;
  const text = (key: string): string => {
    const found = getKey(value, key);
    return typeof found === "string" ? found : "";
  };
  const decoded = Buffer.from(text("auth"), "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  const username = colon < 0 ? text("username") : decoded.slice(0, colon);
  const password = colon < 0 ? text("password") : decoded.slice(colon + 1);
  const identityToken = text("identitytoken");
  if (username === "" && password === "" && identityToken === "") return undefined;
  return { username, password, ...(identityToken === "" ? {} : { identityToken }) };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
