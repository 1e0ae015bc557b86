import { readdir, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { providerConditionReasons } from "../api/inferenceprovider/reasons.ts";
import { llamaStackConditionReasons, llamaStackEventReasons } from "../api/llamastackdistribution/reasons.ts";
import { conditionReasons, eventReasons, obstacleReasons } from "../api/modeldeployment/reasons.ts";

/** First cells of the tables under each heading. */
const sections = new Map<string, string[][]>();

beforeAll(async () => {
  const text = await readFile(new URL("../docs/reference/conditions.md", import.meta.url), "utf8");
  for (const section of text.split(/^#+ /m).slice(1)) {
    const [heading = "", ...lines] = section.split("\n");
    const rows = lines
      .filter((line) => line.startsWith("|"))
      .slice(2)
      .map((line) => line.split("|").map((cell) => cell.trim()));
    sections.set(
      heading,
      rows.map(([, ...cells]) => cells),
    );
  }
});

const inTheWay = 'any of "In the way"';
const pairs = (reasons: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(reasons).flatMap(([type, list]) => list.map((reason) => `${type} ${reason}`));

/** What the table of conditions under a heading lists, with the general row spelt out. */
const listed = (heading: string): string[] =>
  (sections.get(heading) ?? []).flatMap(([type = "", reason = ""]) =>
    reason === inTheWay ? obstacleReasons.map((each) => `${type} ${each}`) : [`${type} ${reason}`],
  );

describe("the reference lists exactly", () => {
  test("the conditions of ModelDeployments", () => {
    expect(listed("ModelDeployment").sort()).toEqual(pairs(conditionReasons).sort());
  });

  test("the conditions of InferenceProviders", () => {
    expect(listed("InferenceProvider").sort()).toEqual(pairs(providerConditionReasons).sort());
  });

  test("the conditions of LlamaStackDistributions", () => {
    expect(listed("LlamaStackDistribution").sort()).toEqual(pairs(llamaStackConditionReasons).sort());
  });

  test("the reasons of Events that only LlamaStackDistributions have", () => {
    const reasons = (sections.get("Only about LlamaStackDistributions") ?? []).map(([reason]) => reason);
    expect(reasons.sort()).toEqual([...llamaStackEventReasons].sort());
  });

  test("what can be in the way", () => {
    expect((sections.get("In the way") ?? []).map(([reason]) => reason).sort()).toEqual(
      [...obstacleReasons].sort(),
    );
  });

  test("the reasons of Events", () => {
    const reasons = (sections.get("Events") ?? []).flatMap(([reason = ""]) =>
      reason === `${inTheWay} but Replacing and ModelDownloading`
        ? obstacleReasons.filter((each) => each !== "Replacing" && each !== "ModelDownloading")
        : [reason],
    );
    expect(reasons.sort()).toEqual([...eventReasons].sort());
  });
});

test("every reason is one that some code gives", async () => {
  const files = [
    "claims",
    "controller",
    "failover",
    "freshness",
    "notes",
    "obstacle",
    "orphans",
    "pass",
    "status",
    "storage-status",
    "provider-health",
    "llamastack/generation",
    "llamastack/notes",
    "llamastack/observations",
    "providers/operator",
    "providers/reporter",
  ];
  const texts = await Promise.all(
    files.map((file) => readFile(new URL(`./${file}.ts`, import.meta.url), "utf8")),
  );
  texts.push(await readFile(new URL("../transformers/llamastack/config/result.ts", import.meta.url), "utf8"));
  const transformers = new URL("../transformers/", import.meta.url);
  const statuses = (await readdir(transformers, { recursive: true })).filter((file) =>
    /status\.ts$/.test(file),
  );
  texts.push(...(await Promise.all(statuses.map((file) => readFile(new URL(file, transformers), "utf8")))));
  const code = texts.join("\n");
  const all = [
    ...Object.values(conditionReasons).flat(),
    ...eventReasons,
    ...Object.values(llamaStackConditionReasons).flat(),
    ...llamaStackEventReasons,
    ...Object.values(providerConditionReasons).flat(),
  ];
  expect(all.filter((reason) => !code.includes(`"${reason}"`))).toEqual([]);
});
