import { aSpecOr } from "../content.ts";
import { appliedMetadata, rv } from "../metadata.ts";
import type { RandomSource } from "../random-source.ts";
import type { Request, Step } from "./step.ts";
import { appliers, aVersion, forms, names, options } from "./step.ts";

/** Applies an object as one of several managers, with force now and then. */
export const apply: Step = (random) => {
  const name = random.pick(names);
  const { prefix, fields } = aVersion(random);
  const revision = random.isTrue(0.04) ? { resourceVersion: random.pick([rv(name), "1", "x"]) } : {};
  const query = options(random, random.pick(appliers), random.isTrue(0.45));
  const target = `${prefix}twins/${name}${query}`;
  if (random.isTrue(0.03)) return { patch: target, ...applyBody(oddBody(random, name)) };
  const status = random.isTrue(0.04) ? { status: { phase: "Ready" } } : {};
  const content = {
    ...fields,
    name,
    ...revision,
    ...appliedMetadata(random, name),
    ...aSpecOr(random, prefix),
    ...status,
  };
  return { patch: target, apply: content, ...forms(random) };
};

const applyBody = (body: string): Partial<Request> => ({
  headers: { "content-type": "application/apply-patch+yaml" },
  body,
});

function oddBody(random: RandomSource, name: string): string {
  const head = "apiVersion: twin.example.com/v1\nkind: Twin\n";
  return random.pick([
    "",
    "[]",
    "null",
    "5",
    "{}",
    head,
    `${head}metadata: {name: ${name}}\nspec: {color: red, color: blue}\n`,
    `${head}metadata: {name: ${name}}\nspec: {bogus: 1, tags: x, items: [{value: 1}]}\n`,
    `${head}metadata: {name: ${name}}\nspec: {items: [{name: a}, {name: a}], tags: [q, q]}\n`,
    `${head}metadata: {name: ${name}}\nspec: {labels: {1: yes, on: "no"}}\n`,
    `apiVersion: twin.example.com/v1beta1\nkind: Twin\nmetadata: {name: ${name}}\n`,
    `apiVersion: twin.example.com/v1\nkind: Other\nmetadata: {name: ${name}}\n`,
    `apiVersion: v1\nmetadata: {name: ${name}}\n`,
    `kind: Twin\nmetadata: {name: ${name}}\n`,
    `${head}metadata: x\n`,
    `${head}metadata: {}\nspec: {color: red}\n`,
  ]);
}
