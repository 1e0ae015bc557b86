import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { renderOffline } from "../admission/offline.ts";
import { decodeYaml } from "../machinery/yaml/decode.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { loadCommands } from "./commands.ts";

const root = path.resolve(import.meta.dirname, "..");
const pages = [
  ...readdirSync(root).filter((file) => file.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.join("docs", file)),
].map((page) => ({ page, text: readFileSync(path.join(root, page), "utf8") }));

const linksIn = (text: string): string[] =>
  [...text.replaceAll(/```.*?```|`[^`\n]*`/gs, "").matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = ""]) => target,
  );

/** What a page shows to be typed: a command of ours and the rest of its line, or of its inline code. */
const callsIn = (text: string): { name: string; rest: string }[] =>
  [
    ...text.matchAll(
      /(?:^ {4}|`)(?:npm run --silent )?hawsepipe (?:-- )?(?!is ready)([a-z]+)\b([^`\n|>]*)/gm,
    ),
  ].map(([, name = "", rest = ""]) => ({ name, rest }));

/** Anchors of headings, as the usual renderers make them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe.each(pages)("$page", ({ page, text }) => {
  test("links to what is there", () => {
    const broken = linksIn(text).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(root, target))) return true;
      const other = pages.find((candidate) => candidate.page === path.normalize(target));
      return anchor !== undefined && other !== undefined && !anchorsOf(other.text).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("calls commands that exist, with flags they have", () => {
    const commands = new Map(loadCommands().map((command) => [command.name, command]));
    const unknown = callsIn(text).flatMap(({ name, rest }) => {
      const command = commands.get(name);
      if (command === undefined) return [name];
      const shorts = Object.values(command.flags).map(({ short }) => short);
      const flags = [...rest.matchAll(/(?<=\s)--?([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag);
      return flags
        .filter((flag) => flag !== "help" && !Object.hasOwn(command.flags, flag) && !shorts.includes(flag))
        .map((flag) => `${name} ${flag}`);
    });
    expect(unknown).toEqual([]);
  });
});

test("the README's first object is accepted as it stands", async () => {
  const readme = pages.find(({ page }) => page === "README.md")?.text ?? "";
  const manifest = /<<EOT\n(.*?)\n *EOT/s.exec(readme)?.[1] ?? "";
  const { value } = decodeYaml(manifest.replaceAll(/^ {4}/gm, ""));
  const [result] = await renderOffline([value as JsonObject], { now: () => new Date(0) });
  expect(result?.errors).toEqual([]);
  expect(result?.warnings).toEqual([]);
  expect(result?.resources.map(({ kind }) => kind)).toEqual(["Deployment", "Service"]);
});
