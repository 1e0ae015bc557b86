import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { compileColumns, printCells } from "../../../server/printers/columns.ts";
import { coreColumns } from "./columns.ts";

interface Header {
  readonly name: string;
  readonly priority: number;
}
const now = Date.parse("2026-01-02T03:04:05Z");

const columnsOf = (kind: string) => compileColumns(coreColumns[kind] ?? []);
const headers = (kind: string, priority: number): string[] =>
  columnsOf(kind)
    .map(({ header }) => JSON.parse(header) as Header)
    .filter((column) => column.priority <= priority)
    .map(({ name }) => name);
const row = (kind: string, object: JsonObject): Record<string, unknown> => {
  const cells = columnsOf(kind).map((column) => column.cell(object));
  const values = JSON.parse(`[${printCells(cells, now)}]`) as unknown[];
  return Object.fromEntries(headers(kind, 1).map((name, i) => [name, values[i]]));
};

describe("events", () => {
  test("are shown as a cluster shows them, the name last and only when asked for", () => {
    expect(headers("Event", 0)).toEqual(["Last Seen", "Type", "Reason", "Object", "Message"]);
    expect(headers("Event", 1)).toEqual([
      "Last Seen",
      "Type",
      "Reason",
      "Object",
      "Subobject",
      "Source",
      "Message",
      "First Seen",
      "Count",
      "Name",
    ]);
  });

  test.each([
    {
      says: "with timestamps and a count",
      times: {
        firstTimestamp: "2026-01-02T02:04:05Z",
        lastTimestamp: "2026-01-02T03:03:05Z",
        count: 3,
        source: { component: "hawsepipe", host: "node-1" },
      },
      want: { "Last Seen": "60s", "First Seen": "60m", Count: "3", Source: "hawsepipe, node-1" },
    },
    {
      says: "of the newer API, once",
      times: { eventTime: "2026-01-02T03:04:00.000000Z", reportingComponent: "hawsepipe" },
      want: { "Last Seen": "5s", "First Seen": "5s", Count: "1", Source: "hawsepipe" },
    },
    {
      says: "of the newer API, as a series",
      times: {
        eventTime: "2026-01-02T02:04:05.000000Z",
        series: { count: 7, lastObservedTime: "2026-01-02T03:03:55.000000Z" },
      },
      want: { "Last Seen": "10s", "First Seen": "60m", Count: "7" },
    },
  ])("$says", ({ times, want }) => {
    const event = {
      metadata: { name: "a.1" },
      involvedObject: { kind: "ModelDeployment", name: "a" },
      type: "Normal",
      reason: "Rendered",
      message: "done",
      ...times,
    };
    expect(row("Event", event)).toMatchObject({ Object: "modeldeployment/a", Name: "a.1", ...want });
  });
});

test.each<{ kind: string; object: JsonObject; want: Record<string, unknown> }>([
  {
    kind: "Ingress",
    object: {
      spec: { rules: [{ host: "a.example" }, { host: "b.example" }], tls: [{}] },
      status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
    },
    want: { Class: "<none>", Hosts: "a.example,b.example", Address: "192.0.2.1", Ports: "80, 443" },
  },
  {
    kind: "Ingress",
    object: {
      spec: {
        ingressClassName: "nginx",
        rules: ["a", "b", "c", "d"].map((host) => ({ host })),
      },
    },
    want: { Class: "nginx", Hosts: "a,b,c + 1 more...", Address: "", Ports: "80" },
  },
  { kind: "Ingress", object: { spec: {} }, want: { Hosts: "*" } },
  {
    kind: "NetworkPolicy",
    object: { spec: { podSelector: { matchLabels: { app: "a" } } } },
    want: { "Pod-Selector": "app=a" },
  },
  { kind: "NetworkPolicy", object: { spec: { podSelector: {} } }, want: { "Pod-Selector": "<none>" } },
  {
    kind: "HorizontalPodAutoscaler",
    object: {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "a" },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
          },
          {
            type: "Resource",
            resource: { name: "memory", target: { type: "Utilization", averageUtilization: 70 } },
          },
        ],
      },
      status: {
        currentReplicas: 2,
        currentMetrics: [
          { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 20 } } },
        ],
      },
    },
    want: {
      Reference: "Deployment/a",
      Targets: "cpu: 20%/80%, memory: <unknown>/70%",
      MinPods: "1",
      MaxPods: 3,
      Replicas: 2,
    },
  },
  {
    kind: "PodDisruptionBudget",
    object: { spec: { minAvailable: "50%" }, status: { disruptionsAllowed: 1 } },
    want: { "Min Available": "50%", "Max Unavailable": "N/A", "Allowed Disruptions": 1 },
  },
])("$kind as a cluster shows it: $want", ({ kind, object, want }) => {
  expect(row(kind, object)).toMatchObject(want);
});

test("other kinds begin with the name", () => {
  for (const kind of Object.keys(coreColumns).filter((name) => name !== "Event")) {
    expect(headers(kind, 0)[0]).toBe("Name");
  }
});
