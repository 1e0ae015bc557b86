import { describe, expect, test } from "vitest";
import { compileExpression } from "./compile-expression.ts";
import { compileErrors, corpus, corpusSelf, runtimeErrors } from "./testing/corpus.ts";

const compileDyn = (text: string) => compileExpression(text, { variables: { self: "dyn" } });

describe.each(Object.entries(corpus))("CEL: %s", (_name, cases) => {
  test.each(cases)("%s", (expression, value) => {
    const compiled = compileDyn(expression);
    expect(compiled.errors).toEqual([]);
    expect(compiled.evaluate({ self: corpusSelf })).toMatchObject({ ok: true, value });
  });
});

test.each(runtimeErrors)("CEL: %s fails with the run-time error %s", (expression, error) => {
  const compiled = compileDyn(expression);
  expect(compiled.errors).toEqual([]);
  expect(compiled.evaluate({ self: corpusSelf })).toMatchObject({ ok: false, error });
});

test.each(compileErrors)("CEL: %s does not compile and says where", (expression, error) => {
  expect(compileDyn(expression).errors).toEqual([error]);
});
