/** Puts the program and the packages it needs into a few files, so that a start reads and finds little. */
import path from "node:path";
import type { Plugin } from "rolldown";
import { rolldown } from "rolldown";

export interface BundleOptions {
  /** The folder the sources are in. */
  readonly root: string;
  /** What is started, relative to `root`; each becomes the file of the same name that ends in `.js`. */
  readonly entries: readonly string[];
  readonly out: string;
  /** Whether a package, given by its folder relative to `root`, may be part of it. */
  readonly mayShip: (folder: string) => boolean;
}

/** Writes the files, with source maps; answers the modules that went into them, as absolute paths. */
export async function bundle({ root, entries, out, mayShip }: BundleOptions): Promise<readonly string[]> {
  const placed = new Set<string>();
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.ts$/, ""), path.join(root, entry)])),
    platform: "node",
    tsconfig: false,
    // A package is where it was found, wherever that leads.
    resolve: { symlinks: false },
    plugins: [withoutOthers(root, mayShip), jsonAsText(root), placesOfSources(root, placed)],
  });
  try {
    const { output } = await build.write({
      dir: out,
      format: "esm",
      chunkFileNames: "[name].js",
      sourcemap: true,
      // Names stay, so that stack traces can be read without a source map.
      minify: false,
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    const chunks = output.filter((file) => file.type === "chunk");
    for (const { fileName, moduleIds } of chunks) {
      const lost = fileName.includes("/") ? moduleIds.find((id) => placed.has(id)) : undefined;
      if (lost === undefined) continue;
      throw new Error(`${path.relative(root, lost)} asks for its place, but would be in ${fileName}`);
    }
    return chunks.flatMap(({ moduleIds }) => moduleIds.filter((id) => path.isAbsolute(id)));
  } finally {
    await build.close();
  }
}

const ownUrl = /\bimport\.meta\.url\b/g;

const isOwn = (id: string, root: string): boolean =>
  id.startsWith(root + path.sep) && packageOf(root, id) === undefined;

/** The folder of the package a module is of, relative to `root`; undefined for our own. */
export function packageOf(root: string, id: string): string | undefined {
  const file = path.relative(root, id).replaceAll(path.sep, "/");
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/**
 * Packages use some others when they happen to be there. What is here only for development stays outside, where they
 * will miss it as they would without; that we should need it ourselves is an error.
 */
const withoutOthers = (root: string, mayShip: BundleOptions["mayShip"]): Plugin => ({
  name: "without-others",
  async resolveId(source, importer, options) {
    if (importer === undefined) return undefined;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    const isOurs = isOwn(importer, root);
    if (found === null && isOurs)
      throw new Error(`${path.relative(root, importer)} needs ${source}, which is not there`);
    const folder = found === null || found.external !== false ? undefined : packageOf(root, found.id);
    if (folder === undefined || mayShip(folder)) return found;
    if (!isOurs) return { id: source, external: true };
    throw new Error(`${path.relative(root, importer)} needs ${folder}, which is no production dependency`);
  },
});

/**
 * Data is parsed when the program starts, as JSON, which is faster than code that says the same. Packages have JSON, too,
 * but load it in ways of their own.
 */
const jsonAsText = (root: string): Plugin => ({
  name: "json-as-text",
  transform: {
    filter: { id: /\.json$/ },
    handler(code, id) {
      if (!isOwn(id, root)) return undefined;
      const text = JSON.stringify(JSON.stringify(JSON.parse(code)));
      return { code: `export default JSON.parse(${text});`, map: null, moduleType: "js" };
    },
  },
});

/**
 * A module that reads a file beside itself finds it at the same place below the folder of the files as it was below that
 * of the sources, as long as it is in a file that lies in the folder itself. The set takes who needs that.
 */
const placesOfSources = (root: string, placed: Set<string>): Plugin => ({
  name: "places-of-sources",
  transform: {
    filter: { code: ownUrl, id: /\.ts$/ },
    handler(code, id) {
      if (!isOwn(id, root)) return undefined;
      placed.add(id);
      const place = `./${path.relative(root, id).replaceAll(path.sep, "/").replace(/\.ts$/, ".js")}`;
      return {
        code: code.replaceAll(ownUrl, `new URL(${JSON.stringify(place)}, import.meta.url).href`),
        map: null,
      };
    },
  },
});
