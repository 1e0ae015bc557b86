import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAsker } from "./ask-server.ts";

const asker = createAsker("test/1");
const seen: (string | undefined)[] = [];
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/json": (response) => response.end('{"version": "1"}'),
  "/text": (response) => response.end("hello"),
  "/busy": (response) => response.writeHead(503).end("{}"),
  "/moved": (response) => response.writeHead(302, { location: "/json" }).end(),
  "/huge": (response) => response.end(JSON.stringify("x".repeat(2 * 1024 * 1024))),
  "/silent": () => undefined,
};
const server = createServer((request, response) => {
  seen.push(request.headers["user-agent"]);
  answers[request.url ?? ""]?.(response);
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  await asker.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  { says: "JSON is read", path: "/json", want: { status: 200, body: { version: "1" } } },
  { says: "anything else is no body", path: "/text", want: { status: 200, body: undefined } },
  { says: "a refusal is an answer", path: "/busy", want: { status: 503, body: {} } },
  { says: "a redirect is not followed", path: "/moved", want: { status: 302, body: undefined } },
])("$says", async ({ path, want }) => {
  expect(await asker.ask(origin + path, { timeoutMs: 5000 })).toEqual(want);
  expect(seen.at(-1)).toBe("test/1");
});

test.each([
  { says: "an answer without end", path: "/huge", timeoutMs: 5000, want: "longer than 1048576 bytes" },
  { says: "no answer in time", path: "/silent", timeoutMs: 50, want: "timeout" },
])("$says is a failure", async ({ path, timeoutMs, want }) => {
  await expect(asker.ask(origin + path, { timeoutMs })).rejects.toThrow(want);
});
