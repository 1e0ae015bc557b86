/** The dashboard and the alerts ask for metrics there are, by labels they have. docs/reference/metrics.md is checked against the program. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeYaml } from "../machinery/yaml/decode.ts";

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

/** Metric → labels, with the series a histogram has. */
const known = new Map<string, readonly string[]>([["up", []]]);
for (const [, name = "", type = "", labels = ""] of read("docs/reference/metrics.md").matchAll(
  /^\| `(\w+)` *\| (\w+) *\| ([^|]*) \|/gm,
)) {
  const list = labels.split(/[ ,]+/).filter(Boolean);
  if (type !== "histogram") known.set(name, list);
  else {
    known.set(`${name}_bucket`, [...list, "le"]);
    for (const part of ["sum", "count"]) known.set(`${name}_${part}`, list);
  }
}
/** What the scrape adds. */
const ofTheScrape = ["namespace", "job", "instance", "pod"];
const functions = [
  "absent",
  "by",
  "and",
  "or",
  "on",
  "sum",
  "rate",
  "min",
  "max",
  "time",
  "histogram_quantile",
  "le",
];

/** What is wrong with an expression, in words. */
function problems(expr: string): string[] {
  const found: string[] = [];
  const metrics: string[] = [];
  const bare = expr.replaceAll(/(\w+)\{([^}]*)\}/g, (_, name: string, matchers: string) => {
    metrics.push(name);
    for (const [, label = ""] of matchers.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)) {
      if (known.get(name)?.includes(label) !== true && !ofTheScrape.includes(label)) {
        found.push(`${name} has no label ${label}`);
      }
    }
    return "";
  });
  for (const name of metrics) if (!known.has(name)) found.push(`there is no metric ${name}`);
  if (metrics.length === 0) found.push("asks for no metric");
  const grouped = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/[ ,]+/));
  for (const label of grouped) {
    if (ofTheScrape.includes(label)) continue;
    for (const name of metrics) {
      if (known.get(name)?.includes(label) !== true) found.push(`${name} has no label ${label} to group by`);
    }
  }
  const words = bare
    .replaceAll(/\bby \([^)]*\)|\[[^\]]*\]/g, "")
    .match(/[a-z_]\w+/g)
    ?.filter((word) => !functions.includes(word));
  for (const word of words ?? []) found.push(`${word} has no selector`);
  return found;
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
const { spec } = decodeYaml(read("manifests/components/service-monitor/prometheus-rule.yaml"))
  .value as unknown as { spec: { groups: { rules: Rule[] }[] } };
const rules = spec.groups.flatMap((group) => group.rules);

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const dashboard = JSON.parse(read("observability/dashboard.json")) as { panels: Panel[] };
const panels = dashboard.panels.filter((panel) => panel.targets !== undefined);

describe("the alerts", () => {
  test.each(rules)("$alert asks for what there is", ({ expr }) => {
    expect(problems(expr)).toEqual([]);
  });

  // The reconciler's metrics exist on the leader only: without one, comparing them gives nothing, and nothing fires.
  test("that nobody reconciles is noticed without a leader, too", () => {
    const { expr = "" } = rules.find(({ alert }) => alert === "HawsepipeNobodyReconciles") ?? {};
    const [stuck = "", leaderless = ""] = expr.split(/\bor\b/);
    expect(stuck).toMatch(/sum\(workqueue_depth\{[^}]*\}\) > 0/);
    expect(leaderless).toMatch(/absent\(workqueue_depth\{[^}]*\}\)\s+and on \(\) \(sum\(up\{[^}]*\}\) > 0\)/);
  });

  test.each(rules)("$alert is explained in the guide", ({ alert, annotations, labels }) => {
    const [, anchor] = annotations.runbook_url.split("docs/guides/operations.md#");
    expect(anchor).toBe(alert.toLowerCase());
    expect(read("docs/guides/operations.md")).toContain(`\n### ${alert}\n`);
    expect(["critical", "warning"]).toContain(labels.severity);
  });
});

describe("the dashboard", () => {
  test.each(panels)("$title asks for what there is", ({ targets = [] }) => {
    for (const { expr, legendFormat } of targets) {
      expect(problems(expr)).toEqual([]);
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(expr).toContain(label);
    }
  });

  test("has every panel once", () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the check", () => {
  test.each([
    ["rate(apiserver_request_totals{}[5m])", "there is no metric apiserver_request_totals"],
    ['apiserver_request_total{kind="x"}', "apiserver_request_total has no label kind"],
    ["sum by (user) (workqueue_depth{})", "workqueue_depth has no label user to group by"],
    ["sum(workqueue_depth)", "asks for no metric"],
    ["apiserver_request_sli_duration_seconds{}", "there is no metric apiserver_request_sli_duration_seconds"],
  ])("finds what is wrong with %s", (expr, problem) => {
    expect(problems(expr)).toContain(problem);
  });
});
