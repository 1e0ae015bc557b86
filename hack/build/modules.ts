/** Which of the compiled modules a program loads, and which packages they need. */
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import ts from "typescript";

export interface ModuleGraph {
  /** The files that are loaded, entries included, as absolute paths. */
  readonly files: ReadonlySet<string>;
  /** The packages they import, with the first file that does. */
  readonly packages: ReadonlyMap<string, string>;
}

/** Follows the imports of the entries. Throws for an import of a file that is not there. */
export function moduleGraph(entries: readonly string[]): ModuleGraph {
  const files = new Set<string>();
  const packages = new Map<string, string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    if (!existsSync(file)) throw new Error(`${file} is imported, but was not built`);
    files.add(file);
    if (!file.endsWith(".js")) continue;
    for (const specifier of imports(file)) {
      if (specifier.startsWith(".")) waiting.push(path.resolve(path.dirname(file), specifier));
      else if (!isBuiltin(specifier)) {
        const name = packageOf(specifier);
        if (!packages.has(name)) packages.set(name, file);
      }
    }
  }
  return { files, packages };
}

const imports = (file: string): string[] =>
  ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles.map(({ fileName }) => fileName);

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
