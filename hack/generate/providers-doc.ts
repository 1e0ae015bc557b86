import type { Combination } from "../../transformers/testing/deployments.ts";
import { combinations } from "../../transformers/testing/deployments.ts";
import type { Outcome } from "../../transformers/testing/leaf-matrix.ts";
import { exempt, outcomeOf, renderedLeaves } from "../../transformers/testing/leaf-matrix.ts";
import { transformers } from "../../transformers/registry.ts";

/** docs/providers.md: which field of a ModelDeployment has which effect on which provider, found by trying. */
export function generate(): string {
  const reasons = new Map<string, number>();
  const note = (reason: string): string => {
    const number = reasons.get(reason) ?? reasons.size + 1;
    reasons.set(reason, number);
    return `[${String(number)}]`;
  };
  const cell = (outcome: Outcome): string => {
    switch (outcome.kind) {
      case "honoured":
        return "yes";
      case "lost":
        return "**lost**";
      case "unsupported":
        return `no ${note(outcome.reason)}`;
      case "refused":
        return `refused ${note(outcome.reason.replace(/^\w+ value: "[^"]*": /, ""))}`;
    }
  };
  const rows = renderedLeaves().map((leaf) => [
    `\`${leaf.replace(/^spec\./, "")}\``,
    ...combinations.map((combination) => cell(outcomeOf(combination, leaf))),
  ]);
  const header = ["Field", ...combinations.map(columnOf)];
  return [
    "# Providers",
    "",
    "This page is generated: each field is changed in a deployment that sets everything, and the cell says what the",
    "provider made of it. **yes**: the rendered resources follow it. **no**: accepted, with a warning that it has no",
    "effect. **refused**: some values or combinations are errors.",
    "",
    "## What they render and serve",
    "",
    table([
      ["Provider", "Renders", "Engines"],
      ...transformers.map(({ name, renders, defaults }) => [
        name,
        renders.map(({ apiVersion, kind }) => `${kind} (${apiVersion})`).join(", "),
        (defaults.capabilities?.engines ?? []).map(({ name: engine }) => engine).join(", "),
      ]),
    ]),
    "",
    "## How they behave",
    "",
    ...transformers.flatMap(({ name, behaviour = [], defaults }) => [
      `### ${name}`,
      "",
      ...behaviour.map((sentence) => `- ${sentence}`),
      `- ${ruleText(defaults.selectionRules ?? [])}`,
      "",
    ]),
    "## Fields",
    "",
    table([header, ...rows]),
    "",
    ...[...reasons].map(([reason, number]) => `- [${String(number)}] ${reason}`),
    "",
    `Not in the table, because nothing is rendered from them: ${Object.entries(exempt)
      .map(([leaf, why]) => `\`${leaf.replace(/^spec\./, "")}\` (${why})`)
      .join(", ")}.`,
    "",
  ].join("\n");
}

const columnOf = ({ provider, engine, mode }: Combination): string =>
  [provider, engine, ...(mode === undefined ? [] : [mode])].join(", ");

type Rules = NonNullable<(typeof transformers)[number]["defaults"]["selectionRules"]>;

/** Why it is chosen when nobody names a provider. */
function ruleText(rules: Rules): string {
  if (rules.length === 0) return "No rule prefers it; it is chosen when no other provider fits better.";
  const each = rules.map(({ condition, priority }) => `\`${condition}\` (${String(priority ?? 0)})`);
  return `Preferred, by priority, where ${each.join(", or ")}.`;
}

function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
