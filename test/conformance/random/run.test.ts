import { expect, test } from "vitest";
import type { Exchange } from "../replay/exchange.ts";
import type { Twin } from "../twins/pair.ts";
import type { WireResponse } from "../twins/wire.ts";
import { printRequest, recorded } from "./recorded.ts";
import { firstDifference } from "./run.ts";

/** A server that knows one answer for an apply of a scale, one for an update of it and one for everything else. */
function answering(
  name: Twin["name"],
  scale: WireResponse,
  rest: WireResponse,
  update: WireResponse = answer(409),
): Twin {
  const created: WireResponse = { status: 201, headers: [], body: "{}" };
  return {
    name,
    credentials: { url: "", ca: "", cert: "", key: "" },
    wire: {
      send: ({ method, path }) => {
        if (path === "/api/v1/namespaces") return Promise.resolve(created);
        if (!path.includes("/scale")) return Promise.resolve(rest);
        return Promise.resolve(method === "PUT" ? update : scale);
      },
      open: () => Promise.reject(new Error("no watches here")),
      close: () => undefined,
    },
  };
}

const answer = (status: number, body = "{}"): WireResponse => ({ status, headers: [], body });
const internal = answer(500, "request to convert CR to an invalid group/version: autoscaling/v1");
const applied: Exchange = {
  name: "an apply of a scale",
  patch: "twins/a/scale?fieldManager=m1",
  headers: { "content-type": "application/apply-patch+yaml" },
  body: "{}",
};
const program: readonly Exchange[] = [applied, { name: "the object", get: "twins/a" }];

test.each<{ says: string; ours: WireResponse; rest?: WireResponse; want: string | undefined }>([
  { says: "is passed over where we accept it", ours: answer(200), want: undefined },
  { says: "is passed over where both refuse an update as we do it", ours: answer(409), want: undefined },
  {
    says: "is a difference where we refuse it and not an update",
    ours: answer(422),
    want: "an apply of a scale",
  },
  { says: "does not end the program", ours: answer(200), rest: answer(404), want: "the object" },
])("an apply of a scale that kube-apiserver fails at $says", async ({ ours, rest = answer(200), want }) => {
  const pair = {
    real: answering("kube-apiserver", internal, answer(200)),
    ours: answering("hawsepipe", ours, rest),
  };
  expect((await firstDifference(pair, program, "n"))?.exchange.name).toBe(want);
});

test("an apply of a scale that only one server would do is not sent but as a dry run", async () => {
  const real = recorded(answering("kube-apiserver", internal, answer(200)));
  const ours = recorded(answering("hawsepipe", answer(200), answer(200)));
  await firstDifference({ real: real.twin, ours: ours.twin }, program, "n");
  const scales = [real, ours].map(({ sent }) => sent.filter(({ path }) => path.includes("/scale")));
  expect(scales.map((sent) => sent.map(({ path }) => path.split("?")[1]))).toEqual(
    Array(2).fill(["fieldManager=m1&dryRun=All"]),
  );
});

test("a request is printed as it was sent, and what is no text so that it can be sent again", () => {
  const request = { method: "POST", path: "/apis?x=1", headers: { accept: "*/*" } };
  expect(printRequest({ ...request, body: Buffer.from("{}") })).toBe("POST /apis?x=1\naccept: */*\n\n{}");
  expect(printRequest({ ...request, body: Buffer.from([0x6b, 0, 255]) })).toContain("\n\nbase64 awD/");
});
