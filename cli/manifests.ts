/** Reads manifests as kubectl does: files, directories, several documents per file, lists, `-` for standard input. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";
import { decodeYamlDocuments } from "../machinery/yaml/decode.ts";
import { UsageError } from "./flags.ts";

export interface Manifest {
  /** The file it stands in, for messages. */
  readonly source: string;
  readonly object: JsonObject;
}

const extensions = new Set([".yaml", ".yml", ".json"]);

/** All objects of the given files and directories, in order; files of a directory by name. Lists are opened. */
export function readManifests(locations: readonly string[]): readonly Manifest[] {
  if (locations.length === 0) throw new UsageError("no input: give files or directories with -f");
  return locations.flatMap(filesOf).flatMap(({ source, text }) => objectsOf(source, text));
}

function filesOf(location: string): { source: string; text: string }[] {
  if (location === "-") return [{ source: "standard input", text: readFileSync(0, "utf8") }];
  const found = statSync(location, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${location}: no such file or directory`);
  if (!found.isDirectory()) return [{ source: location, text: readFileSync(location, "utf8") }];
  return readdirSync(location)
    .filter((name) => extensions.has(path.extname(name)))
    .sort()
    .map((name) => path.join(location, name))
    .map((source) => ({ source, text: readFileSync(source, "utf8") }));
}

function objectsOf(source: string, text: string): Manifest[] {
  let documents: readonly { readonly value: JsonValue }[];
  try {
    // CRDs of operators are larger than what a request may be.
    documents = decodeYamlDocuments(text, { maxBytes: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`${source}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return documents.flatMap(({ value }) => {
    if (!isObject(value) || typeof value["kind"] !== "string" || typeof value["apiVersion"] !== "string") {
      throw new Error(`${source}: a document is not an object with apiVersion and kind`);
    }
    const items = value["items"];
    if (!value["kind"].endsWith("List") || !Array.isArray(items)) return [{ source, object: value }];
    return items.filter(isObject).map((object) => ({ source, object }));
  });
}
