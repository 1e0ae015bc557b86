import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Running } from "./server-address.ts";
import { mountedConfig, serverAuthorities, serverUrl } from "./server-address.ts";

const service = (spec: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s-service", namespace: "team" },
  spec,
});
const deployment = (scheme: string | undefined, config = "s-config-1"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "s", namespace: "team" },
  spec: {
    template: {
      spec: {
        containers: [{ name: "sidecar" }, { name: "llama-stack", readinessProbe: { httpGet: { scheme } } }],
        volumes: [{ name: "config", configMap: { name: config } }],
      },
    },
  },
});
const configMap = (name: string, data: Readonly<Record<string, string>>, component?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "team",
    ...(component === undefined ? {} : { labels: { "app.kubernetes.io/component": component } }),
  },
  data,
});
const running = (more: Partial<Running>): Running => ({
  deployment: deployment("HTTP"),
  service: service({ ports: [{ port: 8321 }] }),
  configMaps: [],
  ...more,
});

describe("a server is asked", () => {
  test.each<{ says: string; found: Partial<Running>; want: string | undefined }>([
    { says: "at the port of its Service", found: {}, want: "http://s-service.team.svc.cluster.local:8321" },
    {
      says: "as its pods are",
      found: { deployment: deployment("HTTPS"), service: service({ ports: [{ port: 9000 }] }) },
      want: "https://s-service.team.svc.cluster.local:9000",
    },
    {
      says: "never where a Service is only a name",
      found: { service: service({ type: "ExternalName", externalName: "x", ports: [{ port: 80 }] }) },
      want: undefined,
    },
    { says: "never without a port", found: { service: service({}) }, want: undefined },
    { says: "never without a Service", found: { service: undefined }, want: undefined },
    { says: "never without a Deployment", found: { deployment: undefined }, want: undefined },
  ])("$says", ({ found, want }) => {
    expect(serverUrl(running(found))).toBe(want);
  });

  test("and its certificate is one of the authorities its pods are given", () => {
    const configMaps = [
      configMap("other", { "ca-bundle.crt": "X" }),
      configMap("s-ca-bundle", { "ca-bundle.crt": "PEM" }),
    ];
    expect(serverAuthorities(running({ configMaps }), "s-ca-bundle")).toBe("PEM");
    expect(serverAuthorities(running({}), "s-ca-bundle")).toBeUndefined();
  });
});

test.each<{ says: string; configMaps: readonly KubeObject[]; want: unknown }>([
  {
    says: "is the generated one its pods mount",
    configMaps: [
      configMap("s-config-0", { "config.yaml": "a: 0" }, "llama-stack-config"),
      configMap("s-config-1", { "config.yaml": "a: 1" }, "llama-stack-config"),
    ],
    want: { a: 1 },
  },
  {
    says: "is not one of the user's own",
    configMaps: [configMap("s-config-1", { "config.yaml": "a: 1" })],
    want: undefined,
  },
  {
    says: "is none that cannot be read",
    configMaps: [configMap("s-config-1", { "config.yaml": "a: [" }, "llama-stack-config")],
    want: undefined,
  },
])("the configuration a server runs on $says", ({ configMaps, want }) => {
  expect(mountedConfig(running({ configMaps }))).toEqual(want);
});
