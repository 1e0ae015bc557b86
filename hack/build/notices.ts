/** Whether packages may be shipped, and what their licences want to be said. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** What may be shipped; of a choice of licences, one is enough. */
const permitted = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
]);

interface Package {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; some packages have none. */
  readonly license?: string;
}

/** The notices of the packages in these folders, one after the other. Throws for one that may not be shipped. */
export function notices(root: string, folders: readonly string[]): string {
  const texts = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")) as Package;
    return noticeOf(path.join(root, folder), manifest);
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

function noticeOf(folder: string, { name, version, license = "no licence" }: Package): string {
  const choices = license.replaceAll(/[()]/g, "").split(" OR ");
  if (!choices.some((choice) => permitted.has(choice))) {
    throw new Error(`${name} is under ${license}, which is not known to permit shipping it`);
  }
  const files = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .sort();
  const texts = files.map((file) => readFileSync(path.join(folder, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].map((text) => `${text}\n`).join("\n");
}
