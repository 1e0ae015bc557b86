import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { proofs, readBehaviours } from "./behaviours.ts";
import { readCorpus, readDecided } from "./corpus.ts";
import { hasTitle, isNamed } from "./titles.ts";

const root = path.join(import.meta.dirname, "../../..");
const behaviours = readBehaviours();
const corpus = readCorpus();
const proven = proofs(corpus, readDecided());

test("every behaviour has a name of its own, and an exchange or a test", () => {
  const names = behaviours.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  const bare = behaviours.filter(({ name, tests }) => !proven.has(name) && Object.keys(tests).length === 0);
  expect(bare.map(({ name }) => name)).toEqual([]);
});

test("every exchange proves a behaviour there is, or only prepares", () => {
  const names = new Set(behaviours.map(({ name }) => name));
  expect([...proven.keys()].filter((name) => !names.has(name))).toEqual([]);
  const idle = corpus.flatMap(({ name: file, exchanges }) =>
    exchanges
      .filter(({ proves, isSetup }) => (proves === undefined) !== (isSetup === true))
      .map(({ name }) => `${file}: ${name}`),
  );
  expect(idle).toEqual([]);
});

test("every test that is named is there, by its whole name", () => {
  const named = [...behaviours, ...readDecided()].flatMap(({ tests = {} }) => Object.entries(tests));
  const missing = named.flatMap(([file, titles]) => {
    const text = existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), "utf8") : "";
    return titles.filter((title) => !hasTitle(text, title)).map((title) => `${file}: ${title}`);
  });
  expect(missing).toEqual([]);
});

test("a part of a name is not the name", () => {
  const source = 'test("is refused", () => {}); test.each(rows)("$says: %s", run); row(`of ${kind}`);';
  const titles = ["is refused", "$says: %s", "of ${kind}", "refused", "is", "$says", "of"];
  expect(titles.filter((title) => hasTitle(source, title))).toEqual([
    "is refused",
    "$says: %s",
    "of ${kind}",
  ]);
  expect(["a: b", "a: ", "x a: b"].filter((name) => isNamed(name, "$says: %s"))).toEqual(["a: b", "x a: b"]);
  expect(["of (a)", "of"].filter((name) => isNamed(name, "of ${kind}"))).toEqual(["of (a)"]);
  expect(isNamed("a.b (c)", "a.b (c)") && !isNamed("axb (c)", "a.b (c)")).toBe(true);
});
