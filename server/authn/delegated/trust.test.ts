import { expect, test } from "vitest";
import type { Client, WatchEvent } from "../../../cluster/client.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import { issueAuthority } from "../pki.ts";
import { readTrust } from "./trust-config.ts";
import { followTrust } from "./trust-follower.ts";

const now = new Date("2026-01-01T00:00:00Z");
const [clientCA, proxyCA, otherCA] = await Promise.all([1, 2, 3].map(() => issueAuthority(now)));
const pem = (pair: { cert: string } | undefined): string => pair?.cert ?? "";

const full = (): Record<string, string> => ({
  "client-ca-file": pem(clientCA),
  "requestheader-client-ca-file": pem(proxyCA) + pem(otherCA),
  "requestheader-allowed-names": '["front-proxy-client"]',
  "requestheader-username-headers": '["X-Remote-User"]',
  "requestheader-uid-headers": '["X-Remote-Uid"]',
  "requestheader-group-headers": '["X-Remote-Group"]',
  "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
});

test("a complete map is believed as it stands", () => {
  const { config, errors } = readTrust(full());
  expect(errors).toEqual([]);
  expect(config.clientCA?.certificates).toHaveLength(1);
  expect(config.requestHeader).toMatchObject({
    allowedNames: ["front-proxy-client"],
    usernameHeaders: ["X-Remote-User"],
    uidHeaders: ["X-Remote-Uid"],
    groupHeaders: ["X-Remote-Group"],
    extraHeaderPrefixes: ["X-Remote-Extra-"],
  });
  expect(config.requestHeader?.clientCA.certificates).toHaveLength(2);
  expect(config.authorities.match(/BEGIN/g)).toHaveLength(3);
});

test.each<{
  says: string;
  edit: (data: Record<string, string>) => void;
  headers: boolean;
  client: boolean;
  errors: number;
}>([
  { says: "no map at all", edit: clear, headers: false, client: false, errors: 0 },
  {
    says: "no request header CA",
    edit: (data) => delete data["requestheader-client-ca-file"],
    headers: false,
    client: true,
    errors: 0,
  },
  {
    says: "a request header CA that is none",
    edit: (data) => (data["requestheader-client-ca-file"] = "nonsense"),
    headers: false,
    client: true,
    errors: 1,
  },
  {
    says: "allowed names that cannot be read",
    edit: (data) => (data["requestheader-allowed-names"] = "front-proxy-client"),
    headers: false,
    client: true,
    errors: 1,
  },
  {
    says: "no uid headers, as older clusters have it",
    edit: (data) => delete data["requestheader-uid-headers"],
    headers: true,
    client: true,
    errors: 0,
  },
  {
    says: "no client CA",
    edit: (data) => delete data["client-ca-file"],
    headers: true,
    client: false,
    errors: 0,
  },
])("what is missing or broken is not believed: $says", ({ edit, headers, client, errors }) => {
  const data = full();
  edit(data);
  const read = readTrust(data);
  expect(read.config.requestHeader !== undefined).toBe(headers);
  expect(read.config.clientCA !== undefined).toBe(client);
  expect(read.errors).toHaveLength(errors);
});

function clear(data: Record<string, string>): void {
  for (const key of Object.keys(data)) Reflect.deleteProperty(data, key);
}

test("a rotated map is obeyed at once, a deleted one ends all trust, and an unchanged one keeps its pools", async () => {
  const events: WatchEvent[] = [];
  let wake = (): void => undefined;
  let asked = "";
  const say = async (type: WatchEvent["type"], data?: Record<string, string>): Promise<void> => {
    const annotations = type === "BOOKMARK" ? { "k8s.io/initial-events-end": "true" } : {};
    const metadata = { name: "extension-apiserver-authentication", namespace: "kube-system", annotations };
    events.push({ type, object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } });
    wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const client = {
    async *watch(_resource: unknown, options: { fieldSelector?: string; namespace?: string }) {
      asked = `${options.namespace ?? ""} ${options.fieldSelector ?? ""}`;
      for (;;) {
        const event = events.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  } as unknown as Client;
  const end = new AbortController();
  const trust = followTrust({
    client,
    clock: fakeClock(now),
    random: () => 0,
    signal: end.signal,
    onError: () => undefined,
  });
  let changes = 0;
  trust.onChange(() => (changes += 1));
  expect(trust.current.requestHeader).toBeUndefined();
  await say("ADDED", full());
  await say("BOOKMARK");
  await trust.synced;
  expect(asked).toBe("kube-system metadata.name=extension-apiserver-authentication");
  const first = trust.current.requestHeader;
  expect(first?.clientCA.certificates).toHaveLength(2);
  await say("MODIFIED", full());
  expect(trust.current.requestHeader).toBe(first);
  await say("MODIFIED", { ...full(), "requestheader-client-ca-file": pem(otherCA) });
  expect(trust.current.requestHeader?.clientCA.certificates).toHaveLength(1);
  await say("DELETED");
  expect([trust.current.requestHeader, trust.current.clientCA, changes]).toEqual([undefined, undefined, 3]);
  end.abort();
});
