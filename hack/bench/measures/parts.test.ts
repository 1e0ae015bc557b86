import { expect, test } from "vitest";
import { callsOf } from "./parts.ts";

const series = (field: string, labels: string): string =>
  `apiserver_request_duration_seconds_${field}{component="apiserver",${labels}}`;

test("calls are added up by verb, resource and whether they are dry runs; streams are none", () => {
  const patch = 'dry_run="",group="apps",resource="deployments",scope="resource",subresource="",verb="PATCH"';
  const dry =
    'dry_run="All",group="apps",resource="deployments",scope="resource",subresource="",verb="APPLY"';
  const status = 'dry_run="",group="apps",resource="deployments",subresource="status",verb="PATCH"';
  const metrics = new Map([
    [series("sum", patch), 0.5],
    [series("count", patch), 10],
    [series("count", `${patch},version="v2"`), 2],
    [series("bucket", `${patch},le="1"`), 10],
    [series("sum", dry), 0.25],
    [series("count", dry), 5],
    [series("count", status), 1],
    [series("count", 'resource="pods",verb="WATCH"'), 7],
  ]);
  expect(callsOf(metrics)).toEqual(
    new Map([
      ["PATCH deployments", { calls: 12, seconds: 0.5 }],
      ["APPLY deployments, dry run", { calls: 5, seconds: 0.25 }],
      ["PATCH deployments/status", { calls: 1, seconds: 0 }],
    ]),
  );
});
