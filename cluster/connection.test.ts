import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { inClusterConnection } from "./in-cluster.ts";
import { kubeconfigConnection } from "./kubeconfig.ts";

const directory = mkdtempSync(path.join(tmpdir(), "connection-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});
const put = (file: string, text: string): string => {
  writeFileSync(path.join(directory, file), text);
  return path.join(directory, file);
};

test("a pod reads its token again, since bound tokens are replaced", async () => {
  const clock = fakeClock();
  put("token", "one\n");
  put("ca.crt", "CA");
  put("namespace", "hawsepipe-system\n");
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
  const connection = await inClusterConnection({ env, clock, directory });
  expect(connection).toMatchObject({ origin: "https://[fd00::1]:443", namespace: "hawsepipe-system" });
  expect(await connection.credentials()).toEqual({ ca: "CA", headers: { authorization: "Bearer one" } });
  put("token", "two");
  await clock.advance(59_000);
  expect((await connection.credentials()).headers).toEqual({ authorization: "Bearer one" });
  await clock.advance(1000);
  expect((await connection.credentials()).headers).toEqual({ authorization: "Bearer two" });
  rmSync(path.join(directory, "token"));
  await clock.advance(60_000);
  expect((await connection.credentials()).headers).toEqual({ authorization: "Bearer two" });
});

test("outside a pod it says how to connect", async () => {
  await expect(inClusterConnection({ env: {}, clock: fakeClock() })).rejects.toThrow("--kubeconfig");
});

const kubeconfig = (user: object, cluster: object = {}): string =>
  put(
    "kubeconfig",
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u", namespace: "team" } }],
      clusters: [{ name: "k", cluster: { server: "https://host:6443", ...cluster } }],
      users: [{ name: "u", user }],
    }),
  );
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test.each<{ says: string; user: object; cluster?: object; want: object }>([
  {
    says: "client certificates",
    user: { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") },
    cluster: { "certificate-authority-data": base64("CA"), "tls-server-name": "other" },
    want: { ca: "CA", cert: "CERT", key: "KEY", serverName: "other", headers: {} },
  },
  { says: "a token", user: { token: "t" }, want: { headers: { authorization: "Bearer t" } } },
  {
    says: "a name and a password",
    user: { username: "n", password: "p" },
    want: { headers: { authorization: `Basic ${base64("n:p")}` } },
  },
  {
    says: "an exec plugin",
    user: {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: process.execPath,
        args: [
          "-e",
          `console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1",kind:"ExecCredential",status:{token:"from-plugin"}}))`,
        ],
        interactiveMode: "Never",
      },
    },
    want: { headers: { authorization: "Bearer from-plugin" } },
  },
])("a kubeconfig with $says becomes credentials", async ({ user, cluster, want }) => {
  const connection = await kubeconfigConnection({ file: kubeconfig(user, cluster), clock: fakeClock() });
  expect(connection).toMatchObject({ origin: "https://host:6443", namespace: "team" });
  expect(await connection.credentials()).toEqual(want);
});

test("a kubeconfig whose context leads nowhere says so", async () => {
  const file = kubeconfig({});
  await expect(kubeconfigConnection({ file, context: "x", clock: fakeClock() })).rejects.toThrow(
    'has no context "x"',
  );
});
