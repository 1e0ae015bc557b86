/**
 * Writes everything that is derived from the TypeBox sources under api/: structural schemas as JSON, CRD manifests and
 * the API reference; manifests a standalone server reads as JSON; the tables of what the conformance suite proves; and the page about speed. With --check nothing is
 * written; the command fails and shows the first difference of each file that is not what would be written now.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { crdManifest } from "./generate/crd.ts";
import { firstDifference } from "./generate/difference.ts";
import { configurationReference } from "./generate/configuration.ts";
import { conformanceDoc, conformancePage } from "./generate/conformance.ts";
import { generate as providersDoc } from "./generate/providers-doc.ts";
import { performanceFiles } from "./generate/performance.ts";
import { apiReference } from "./generate/reference.ts";
import { schemaJson } from "./generate/schema-json.ts";
import { sourceKinds } from "./generate/sources.ts";
import { standaloneManifests, standaloneManifestsJson } from "./generate/standalone.ts";

const root = join(import.meta.dirname, "..");

/** Path from the repository root → text, formatted as prettier would. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const kind of sourceKinds) {
    const { plural, singular, group } = kind.names;
    for (const version of kind.versions) {
      files.set(`api/generated/${singular}.${version.name}.json`, JSON.stringify(schemaJson(version.source)));
    }
    files.set(`manifests/crd/${group}_${plural}.yaml`, crdManifest(kind));
  }
  files.set(standaloneManifests, standaloneManifestsJson(root));
  files.set("docs/api-reference.md", apiReference(sourceKinds));
  files.set("docs/providers.md", providersDoc());
  files.set(conformancePage, conformanceDoc(root));
  files.set("docs/reference/server-configuration.md", configurationReference());
  for (const [path, text] of performanceFiles(root)) files.set(path, text);
  const config = (await resolveConfig(join(root, "package.json"))) ?? {};
  for (const [path, text] of files) files.set(path, await format(text, { ...config, filepath: path }));
  return files;
}

async function main(check: boolean): Promise<number> {
  let stale = 0;
  for (const [path, text] of await generate()) {
    const file = join(root, path);
    const old = await readFile(file, "utf8").catch(() => "");
    if (old === text) continue;
    stale += 1;
    if (check) {
      process.stderr.write(`${path} is not current:\n${firstDifference(old, text)}\n`);
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
  if (check && stale > 0) process.stderr.write("run `npm run generate` and commit the result\n");
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes("--check"));
