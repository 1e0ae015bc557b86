import { execFileSync } from "node:child_process";
import { describe, expect, it, test } from "vitest";
import { embeddedBase } from "../distributions/registry.ts";
import { secret } from "../testing/specs.ts";
import { generateConfig } from "./generate.ts";
import type { Unpacked } from "./result.ts";
import { isFailure } from "./result.ts";
import { unpackCommand, unpackedNames } from "./startup.ts";

const isPythonThere = (() => {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const url = "LLSD_STORAGE_SQL_CONNECTION_STRING";

/** What is to be unpacked of a spec with both kinds of storage. */
function unpacked(): readonly Unpacked[] {
  const storage = {
    kv: { type: "redis", endpoint: "r", password: secret("r", "p") },
    sql: { type: "postgres", connectionString: secret("pg", "url") },
  };
  const result = generateConfig({ distribution: { name: "starter" }, storage }, embeddedBase("starter")!);
  if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
  return result.unpack;
}

/** The environment the server is started with; throws with what the container says when it ends before. */
function started(env: Readonly<Record<string, string>>): Record<string, string> {
  const [program = "", ...args] = unpackCommand(unpacked()) ?? [];
  const out = execFileSync(program, [...args, "env", "-0"], {
    env: { PATH: process.env["PATH"], LLSD_STORAGE_KV_PASSWORD: "x", ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return Object.fromEntries(
    out
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

describe.skipIf(!isPythonThere)("the start of a container", () => {
  it("takes a connection URL apart and makes a password fit for a URL", () => {
    const env = started({
      LLSD_STORAGE_KV_PASSWORD: "a/b@c",
      [url]: "postgresql+asyncpg://me:p%40ss@db.example/stack",
    });
    expect(env).toMatchObject({
      LLSD_STORAGE_KV_PASSWORD_ENCODED: "%61%2F%62%40%63",
      LLSD_STORAGE_SQL_HOST: "db.example",
      LLSD_STORAGE_SQL_PORT: "5432",
      LLSD_STORAGE_SQL_DB: "stack",
      LLSD_STORAGE_SQL_USER: "%6D%65",
      LLSD_STORAGE_SQL_PASSWORD: "%70%40%73%73",
    });
    expect(env).not.toHaveProperty("PGSSLMODE");
    expect(Object.keys(env)).toEqual(expect.arrayContaining([...unpackedNames(unpacked())]));
  });

  test.each<{ says: string; query: string; env?: Record<string, string>; want: Record<string, string> }>([
    { says: "TLS", query: "sslmode=require", want: { PGSSLMODE: "require" } },
    {
      says: "TLS with authorities of its own",
      query: "sslmode=verify-ca&sslrootcert=%2Fca.crt",
      want: { PGSSLMODE: "verify-ca", PGSSLROOTCERT: "/ca.crt" },
    },
    {
      says: "TLS with the authorities the container has",
      query: "sslmode=verify-full",
      env: { SSL_CERT_FILE: "/bundle.crt" },
      want: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/bundle.crt" },
    },
    {
      says: "TLS with the system's authorities by their name",
      query: "sslmode=verify-full&sslrootcert=system",
      env: { SSL_CERT_FILE: "/bundle.crt" },
      want: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/bundle.crt" },
    },
    {
      says: "no TLS, which other connections may have asked for",
      query: "sslmode=disable",
      env: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/ca.crt" },
      want: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/ca.crt" },
    },
    {
      says: "more than what is said for all connections",
      query: "sslmode=require",
      env: { PGSSLMODE: "allow" },
      want: { PGSSLMODE: "require" },
    },
    {
      says: "something, where what is said for all connections is nothing the drivers know",
      query: "sslmode=require",
      env: { PGSSLMODE: "sometimes" },
      want: { PGSSLMODE: "sometimes" },
    },
  ])("passes on what a URL demands: $says", ({ query, env, want }) => {
    expect(started({ ...env, [url]: `postgres://u:p@h:1/d?${query}` })).toMatchObject({
      LLSD_STORAGE_SQL_DB: "d",
      ...want,
    });
  });

  const field = "spec.storage.sql.connectionString";
  const form = `${field}: Invalid value: the Secret holds no URL of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE`;
  const parameters = `${field}: Invalid value: of the URL's parameters only sslmode and sslrootcert can be passed on`;
  test.each<{ says: string; value: string; want: string; env?: Record<string, string> }>([
    {
      says: "authorities beside those of another connection",
      value: "postgresql://u:canary@h/d?sslmode=verify-ca&sslrootcert=%2Fcanary.crt",
      env: { PGSSLROOTCERT: "/first.crt" },
      want: `${field}: Invalid value: the server has one sslrootcert for all connections, and another is set`,
    },
    { says: "another scheme", value: "mysql://root:canary@h/d", want: form },
    { says: "no database", value: "postgresql://u:canary@h", want: form },
    { says: "no user", value: "postgresql://h/canary", want: form },
    { says: "a port that is none", value: "postgresql://u:canary@h:port/d", want: form },
    { says: "a fragment, as from a password in plain", value: "postgresql://u:p@h/d#canary", want: form },
    { says: "a database with a question mark", value: "postgresql://u:canary@h/a%3Fssl=disable", want: form },
    { says: "half a parameter", value: "postgresql://u:canary@h/d?sslmode", want: form },
    { says: "an unknown parameter", value: "postgresql://u:p@h/d?canary=1", want: parameters },
    { says: "a known one beside it", value: "postgresql://u:p@h/d?sslmode=require&canary", want: form },
    {
      says: "a parameter of the driver's",
      value: "postgresql://u:canary@h/d?sslmode=require&sslkey=%2Fk",
      want: parameters,
    },
    {
      says: "a mode twice",
      value: "postgresql://u:canary@h/d?sslmode=require&sslmode=disable",
      want: parameters,
    },
    {
      says: "no mode there is",
      value: "postgresql://u:p@h/d?sslmode=canary",
      want: `${field}: Unsupported value: sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full`,
    },
    {
      says: "verification by nobody",
      value: "postgresql://u:canary@h/d?sslmode=verify-ca",
      want: `${field}: Invalid value: sslmode verify-ca needs authorities: set spec.networking.tls.caBundle, or sslrootcert`,
    },
    {
      says: "verification of just any host by everybody",
      value: "postgresql://u:canary@h/d?sslmode=verify-ca&sslrootcert=system",
      want: `${field}: Invalid value: sslmode verify-ca needs authorities`,
    },
  ])("ends with the path of the field, and nothing of the URL: $says", ({ value, want, env }) => {
    let said = "";
    try {
      started({ ...env, [url]: value });
    } catch (error) {
      said = (error as { stderr: string }).stderr;
    }
    expect(said).toContain(want);
    expect(said).not.toContain("canary");
    expect(said).not.toContain("Traceback");
  });
});

test("nothing is done where there is nothing to unpack", () => {
  expect(unpackCommand([])).toBeUndefined();
});
